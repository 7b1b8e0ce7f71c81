/* SPDX-License-Identifier: MIT */
/*
 * Which rows the cursor passes, and where in the output they begin.
 *
 * Rows are numbered from the start of the output on and never reused: the
 * screen is a window on them whose top only goes down. A line's beginning is
 * one to start at if its row was untouched before and the cursor never went
 * above it later: then a screen that begins there shows the same from that row
 * on. The last such row at the top of the window, or above, is the start.
 *
 * Where the cursor goes by the number of a row, or is stopped by the top, it
 * counts as having been at the top.
 */
#ifndef JIG_SCREEN_REPLAY_ROWS_H
#define JIG_SCREEN_REPLAY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWS_MAX 1024

struct rows {
	int64_t top, cursor, last; /* last: the lowest that was reached */
	unsigned height, width;
	unsigned column;
	unsigned bottom; /* of the scroll region, 0: none */
	unsigned saved_row, saved_column;

	/* Of a row in the window that begins a line: where, plus one. */
	size_t lines[ROWS_MAX];
	size_t start; /* the best up to now, plus one; 0: none */
	size_t first; /* any line's beginning, plus one */
	size_t paged; /* the last place that needs a screen, plus one */
};

/**
 * Before any output.
 * @is_cut  there was some before it: the cursor counts as in the last row.
 */
void rows_begin(struct rows *rows, unsigned height, unsigned width,
		bool is_cut);

/*
 * What the output does; @at is where it goes on behind that.
 */

/** @count characters, each a column wide. */
void rows_print(struct rows *rows, unsigned count, size_t at);
/** LF, IND. */
void rows_line_feed(struct rows *rows, size_t at);
void rows_up(struct rows *rows, unsigned count, size_t at);
void rows_down(struct rows *rows, unsigned count, size_t at);
void rows_left(struct rows *rows, unsigned count);
/** To a row or column of the screen, from 0 on. */
void rows_go_to(struct rows *rows, unsigned row, size_t at);
void rows_go_to_column(struct rows *rows, unsigned column);
void rows_scroll_up(struct rows *rows, unsigned count, size_t at);
/** What is drawn moves to rows that the cursor never reached. */
void rows_push_down(struct rows *rows, unsigned count);
void rows_save(struct rows *rows);
void rows_restore(struct rows *rows, size_t at);
/** Something that shows only on a screen that begins as this one did. */
void rows_page(struct rows *rows, size_t at);

/** Of @size bytes that were counted: where the last screenful starts. */
size_t rows_start(struct rows *rows, size_t size);

#endif
