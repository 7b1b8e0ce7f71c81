/* SPDX-License-Identifier: MIT */
/*
 * The project as its files are now, for a `jig up` that runs: a small child
 * reads them, with the settings, the directory and the environment of this
 * `jig up`.
 *
 * Invariant: no file can hold up `jig up`: not a .env that is a named pipe, not
 * a file system that does not answer. A parser that fails takes nothing with
 * it.
 *
 * What does not belong here: what is done with the project (reload.h).
 */
#ifndef JIG_UP_RELOAD_FRESH_H
#define JIG_UP_RELOAD_FRESH_H

#include "up/engine/up.h"

struct fresh;

/**
 * Begin to read the files.
 * @done    is called once the child has ended, from the loop.
 * @return  0; or -errno with the reason: -EOPNOTSUPP: the project came from a
 *          pipe.
 */
int fresh_open(struct up *up, void (*done)(void *context), void *context,
	       struct fresh **ret, struct fault *fault);

/**
 * In done(): what the child has found.
 *
 * @ret_project   on the heap: project_drop() it; untouched on failure.
 * @ret_messages  what `jig check` would print to stderr, also on success.
 * @return        0; -EINVAL: the messages have the reason; or -errno.
 */
int fresh_take(struct fresh *fresh, struct project **ret_project,
	       struct buffer *ret_messages);

/** End the child. NULL is allowed. */
void fresh_free(struct fresh **fresh);

/** Free a project on the heap. NULL is allowed. */
void project_drop(struct project **project);

#endif
