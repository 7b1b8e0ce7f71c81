/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a `jig up -D` that has ended: why and when, and its last
 * lines. A file in the runtime directory, which `jig ps` and `jig logs` show,
 * and which `jig down` and the next start remove.
 *
 * The file is mapped into memory: a line is in it as soon as it is copied, also
 * if SIGKILL ends `jig up` at the next instruction. Its size does not change.
 *
 * Invariant: lines that services have written, a reason, times and a pid; no
 * environment, and no word of the files. Only our user can read it.
 *
 * What does not belong here: the lines in memory (up/output/backlog.h).
 */
#ifndef JIG_UP_CONTROL_ENDED_H
#define JIG_UP_CONTROL_ENDED_H

#include "cli/command/up_options.h"
#include "up/engine/up.h"

struct ended;

/**
 * Begin to keep.
 * @socket  the path of its control socket.
 * @return  NULL: there is no room, and nothing will be kept.
 */
struct ended *ended_open(struct up *up, const char *socket);

/** It lives: for a later "killed after". NULL is allowed. */
void ended_touch(struct ended *ended);

/** It ends now. @reason  NULL: keep nothing. NULL for @ended is allowed. */
void ended_close(struct ended *ended, const char *reason);

/** Remove what is kept of an earlier one. */
void ended_forget(const char *socket);

/**
 * The client's side, if no `jig up` runs: answer `ps`, `logs` and `down` from
 * what is kept.
 *
 * @file    of the project.
 * @words   as for client_ask().
 * @return  an exit status; -ENOENT: nothing is kept, or the words are others.
 */
int ended_answer(const struct up_settings *settings, const char *file,
		 const char *const *words);

#endif
