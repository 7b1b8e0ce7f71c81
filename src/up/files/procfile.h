/* SPDX-License-Identifier: MIT */
/*
 * A Procfile: "name: command" a line. Pure functions over bytes.
 *
 * A line is an entry when it matches ^([A-Za-z0-9_-]+):\s*(.+)$; every other
 * one is ignored (comments, blank lines, mistakes), but can be listed.
 */
#ifndef JIG_UP_FILES_PROCFILE_H
#define JIG_UP_FILES_PROCFILE_H

#include "base/fault.h"
#include "base/list.h"

struct procfile_entry {
	const char *name; /* in the text that was parsed */
	const char *command;
	int line; /* from 1 on */
};

struct procfile {
	struct list entries; /* of struct procfile_entry, in order */
	struct list ignored; /* of int: lines that are no entry, are not blank
			      * and are no comment */
};

/**
 * Parse; entries point into @text, in which NULs are written.
 *
 * @text   @length bytes and a NUL behind them; CR LF is a line's end, too.
 * @return 0; -EEXIST a name stands there twice; -EINVAL a NUL byte; -ENOMEM.
 *         @fault: "line 3: 'web' stands on line 1 already".
 */
int procfile_parse(char *text, size_t length, struct procfile *ret,
		   struct fault *fault);

void procfile_free(struct procfile *procfile);

#endif
