/* SPDX-License-Identifier: MIT */
/*
 * Columns of `jig ps -o`: names, headers, widths and formats of ps(1).
 *
 * A cell that is wider than its column moves those behind it, until blanks make
 * up for it; comm and args are cut instead, unless they stand last.
 */
#ifndef JIG_VIEW_COLUMNS_COLUMNS_H
#define JIG_VIEW_COLUMNS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/list.h"
#include "view/view.h"

struct column {
	const char *name;
	const char *header;
	unsigned char width;
	bool right; /* aligned */
	bool is_pid; /* as wide as the machine's highest pid, at least */
	unsigned needs; /* bits of enum view_need */
	/**
	 * Add the cell to a line.
	 * @limit   columns that it may take at most, for those that are cut.
	 * @return  columns that it takes.
	 */
	size_t (*add)(const struct view *view,
		      const struct view_process *process, size_t limit,
		      struct buffer *line);
};

/** One use of a column. */
struct column_use {
	const struct column *column;
	char header[64];
	unsigned width;
	bool is_fixed; /* the width was given: no header changes it */
};

/** All of them, a NULL name at the end: cells.c. */
extern const struct column columns_table[];

/**
 * Parse "pid,user:20,comm=NAME" (commas or blanks between, headers up to the
 * next comma) and append it to a list of struct column_use. Pure.
 *
 * @return  0; -EINVAL with the reason: no such column (and the nearest), no
 *          such width, or nothing is named; -ENOMEM.
 */
int columns_parse(const char *text, struct list *columns, struct fault *fault);

/** What must be read for them: bits of enum view_need. */
unsigned columns_needs(const struct list *columns);

/** Make those of pids as wide as @digits; see columns_pid_digits(). */
void columns_widen(struct list *columns, unsigned digits);

/** Digits of the highest pid that there can be, 5 at least. */
unsigned columns_pid_digits(void);

/** The headers' line; nothing when all headers are empty. */
void columns_add_headers(const struct list *columns, struct buffer *ret);

/** A process's line, with its newline. */
void columns_add_line(const struct list *columns, const struct view *view,
		      const struct view_process *process, struct buffer *ret);

/* cells.c: cells that other writers want, too. */

/** Numbers are most of what is written: this is what they cost. */
size_t cell_number(struct buffer *line, int64_t value);
size_t cell_text(struct buffer *line, const char *text);
/** "[[dd-]hh:]mm:ss" */
size_t cell_elapsed(struct buffer *line, int64_t us);
/** State and marks, as ps(1) has them: "Ss+". */
size_t cell_stat(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);
/** pts/3, tty1, ?. */
size_t cell_tty(const struct view *view, const struct view_process *process,
		size_t limit, struct buffer *line);
/** Name or number; a name that is too long ends in '+'. */
size_t cell_user(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);
/** The arguments; without any: [comm]. */
size_t cell_args(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);

#endif
