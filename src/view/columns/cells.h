/* SPDX-License-Identifier: MIT */
/*
 * Cells of `jig ps -o`, shared by cells.c and times.c only. Lines do not belong
 * here: view/columns/columns.h.
 */
#ifndef JIG_VIEW_COLUMNS_CELLS_H
#define JIG_VIEW_COLUMNS_CELLS_H

#include "view/columns/columns.h"

/** The head of a function for struct column.add. */
#define UNUSED __attribute__((unused))
#define CELL(name)                                                             \
	size_t name(const struct view *view UNUSED,                            \
		    const struct view_process *process, size_t limit UNUSED,   \
		    struct buffer *line)

/* times.c */
CELL(cell_etime); /* since the start: [[dd-]hh:]mm:ss */
CELL(cell_etimes); /* in seconds */
CELL(cell_time); /* processor time: [dd-]hh:mm:ss */
CELL(cell_cputimes); /* in seconds */
CELL(cell_start); /* hh:mm:ss, or month and day */
CELL(cell_start_time); /* hh:mm, month and day, or the year */
CELL(cell_lstart); /* date and time */

#endif
