/* SPDX-License-Identifier: MIT */
/*
 * The rows that the cursor visits, and where in the output they begin.
 *
 * Rows are numbered from the start of the output on; numbers are never reused.
 * The screen is a window on them, and its top only moves down. A replay may
 * start at a line if its row was untouched before and the cursor never went
 * above it later: then a screen that begins there shows the same from that row
 * on. The start is the last such row at the top of the window, or above.
 *
 * If the cursor goes to a row by its number, or reaches the top, it counts as
 * having been at the top.
 */
#ifndef JIG_SCREEN_REPLAY_ROWS_H
#define JIG_SCREEN_REPLAY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWS_MAX 1024

struct rows {
	int64_t top, cursor, last; /* last: the lowest row that was reached */
	unsigned height, width;
	unsigned column;
	unsigned bottom; /* of the scroll region, 0: none */
	unsigned saved_row, saved_column;

	/* For a row in the window that begins a line: its offset plus one. */
	size_t lines[ROWS_MAX];
	size_t start; /* the best so far, plus one; 0: none */
	size_t first; /* the first start of a line, plus one */
	size_t paged; /* the last place that needs an empty screen, plus one */
};

/**
 * Before any output.
 * @is_cut  there was earlier output: the cursor counts as in the last row.
 */
void rows_begin(struct rows *rows, unsigned height, unsigned width,
		bool is_cut);

/*
 * Effects of the output; @at is the offset behind the sequence.
 */

/** @count characters, each one column wide. */
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
/** Contents move down to rows that the cursor has not reached. */
void rows_push_down(struct rows *rows, unsigned count);
void rows_save(struct rows *rows);
void rows_restore(struct rows *rows, size_t at);
/** Output that is right only on a screen that begins as this one did. */
void rows_page(struct rows *rows, size_t at);

/** Where the last screenful of the @size counted bytes starts. */
size_t rows_start(struct rows *rows, size_t size);

#endif
