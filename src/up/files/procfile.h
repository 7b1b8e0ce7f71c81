/* SPDX-License-Identifier: MIT */
/*
 * A Procfile: "name: command" on each line.
 *
 * A line that matches ^([A-Za-z0-9_-]+):\s*(.+)$ is an entry. All other lines
 * (comments, blank lines, mistakes) are ignored, but can be listed.
 *
 * Invariant: pure functions over bytes.
 *
 * What does not belong here: the services that entries become (load.c).
 */
#ifndef JIG_UP_FILES_PROCFILE_H
#define JIG_UP_FILES_PROCFILE_H

#include "base/fault.h"
#include "base/list.h"

struct procfile_entry {
	const char *name; /* points into the text */
	const char *command;
	int line; /* from 1 on */
};

/** A line that is neither entry, blank nor comment. */
struct procfile_ignored {
	int line;
	const char *why; /* "no colon after the name" */
};

struct procfile {
	struct list entries; /* of struct procfile_entry, in order */
	struct list ignored; /* of struct procfile_ignored, in order */
};

/**
 * Parse. Entries point into @text, which is changed: NULs end them.
 *
 * @text   @length bytes, then a NUL. A line may end with CR LF.
 * @return 0; -EEXIST: a name occurs twice; -EINVAL: a NUL byte; -ENOMEM.
 *         @fault: "line 3: 'web' is already defined on line 1".
 */
int procfile_parse(char *text, size_t length, struct procfile *ret,
		   struct fault *fault);

void procfile_free(struct procfile *procfile);

#endif
