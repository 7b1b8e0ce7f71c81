/* SPDX-License-Identifier: MIT */
/*
 * Columns of `jig ps -o`: names, headers, widths and formats of ps(1).
 *
 * A cell that is wider than its column moves the next ones, until spaces make
 * up for it; comm and args are cut instead, unless they are the last column.
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
	bool right; /* aligned right */
	bool is_pid; /* at least as wide as the machine's highest pid */
	unsigned needs; /* bits of enum view_need */
	/**
	 * Add the cell to a line.
	 * @limit   maximal columns, for cells that are cut.
	 * @return  columns used.
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
	bool is_fixed; /* the width was given: the header does not change it */
};

/** All columns; the last has a NULL name: cells.c. */
extern const struct column columns_table[];

/**
 * Parse "pid,user:20,comm=NAME" (separated by commas or spaces; a header ends
 * at the next comma) and append it to a list of struct column_use. Pure.
 *
 * @return  0; -EINVAL with the reason: unknown column (and the nearest),
 * invalid width, or no column at all; -ENOMEM.
 */
int columns_parse(const char *text, struct list *columns, struct fault *fault);

/** What these columns need: bits of enum view_need. */
unsigned columns_needs(const struct list *columns);

/** Make columns of pids as wide as @digits; see columns_pid_digits(). */
void columns_widen(struct list *columns, unsigned digits);

/** Digits of the highest possible pid, at least 5. */
unsigned columns_pid_digits(void);

/** The line of headers; nothing if all headers are empty. */
void columns_add_headers(const struct list *columns, struct buffer *ret);

/** The line of a process, with its newline. */
void columns_add_line(const struct list *columns, const struct view *view,
		      const struct view_process *process, struct buffer *ret);

/* cells.c and times.c: cells that other modules use as well. */

/** A number. Faster than printf(3): most cells are numbers. */
size_t cell_number(struct buffer *line, int64_t value);
size_t cell_text(struct buffer *line, const char *text);
/** "[[dd-]hh:]mm:ss" */
size_t cell_elapsed(struct buffer *line, int64_t us);
/** State and marks, as in ps(1): "Ss+". */
size_t cell_stat(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);
/** pts/3, tty1, ?. */
size_t cell_tty(const struct view *view, const struct view_process *process,
		size_t limit, struct buffer *line);
/** Name or number; a name that is too long ends in '+'. */
size_t cell_user(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);
/** The arguments; [comm] if there are none. */
size_t cell_args(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line);

#endif
