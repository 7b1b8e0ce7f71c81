// SPDX-License-Identifier: MIT
#include "screen/replay/rows.h"

static size_t *replay_rows_line(struct rows *rows, int64_t row)
{
	return &rows->lines[row % ROWS_MAX];
}

static int64_t end_of(const struct rows *rows)
{
	return rows->top + rows->height - 1;
}

void rows_begin(struct rows *rows, unsigned height, unsigned width, bool is_cut)
{
	*rows = (struct rows){
		.height = height < ROWS_MAX - 2 ? height : ROWS_MAX - 2,
		.width = width,
		.start = is_cut ? 0 : 1,
	};
	if (is_cut)
		rows->cursor = rows->last = end_of(rows);
}

/* The cursor was at @row: no replay may start below it. */
static void replay_rows_pass(struct rows *rows, int64_t row)
{
	for (int64_t below = row + 1; below <= rows->last; below++)
		*replay_rows_line(rows, below) = 0;
}

void rows_page(struct rows *rows, size_t at)
{
	replay_rows_pass(rows, rows->top);
	rows->paged = at + 1;
}

static void reach(struct rows *rows, int64_t row)
{
	while (rows->last < row)
		*replay_rows_line(rows, ++rows->last) = 0;
	rows->cursor = row;
}

static void replay_rows_scroll(struct rows *rows)
{
	rows->top++;
	if (*replay_rows_line(rows, rows->top))
		rows->start = *replay_rows_line(rows, rows->top);
}

/* LF; @at is the offset behind it. */
static void index_down(struct rows *rows, size_t at)
{
	int64_t bottom =
		rows->bottom ? rows->top + rows->bottom - 1 : end_of(rows);
	int64_t last = rows->last;

	if (rows->cursor == end_of(rows) && rows->cursor != bottom)
		return;
	if (rows->cursor == bottom) {
		if (last > bottom) /* Rows below a region move as well. */
			reach(rows, last + 1);
		rows->cursor = bottom;
		/* Set the line of the new last row before the window moves. */
		reach(rows, bottom + 1);
		if (last < bottom + 1 && rows->column == 0)
			*replay_rows_line(rows, bottom + 1) = at + 1;
		replay_rows_scroll(rows);
		return;
	}
	reach(rows, rows->cursor + 1);
	if (rows->last > last && rows->column == 0)
		*replay_rows_line(rows, rows->cursor) = at + 1;
}

void rows_line_feed(struct rows *rows, size_t at)
{
	index_down(rows, at);
	if (!rows->first)
		rows->first = at + 1;
}

void rows_push_down(struct rows *rows, unsigned count)
{
	int64_t cursor = rows->cursor, last = rows->last + count;

	reach(rows, last < end_of(rows) ? last : end_of(rows));
	rows->cursor = cursor;
}

void rows_up(struct rows *rows, unsigned count, size_t at)
{
	if (rows->cursor - rows->top < count) {
		rows->cursor = rows->top;
		rows_page(rows, at);
		return;
	}
	rows->cursor -= count;
	replay_rows_pass(rows, rows->cursor);
}

void rows_down(struct rows *rows, unsigned count, size_t at)
{
	if (end_of(rows) - rows->cursor < count) {
		rows_page(rows, at);
		count = (unsigned)(end_of(rows) - rows->cursor);
	}
	reach(rows, rows->cursor + count);
}

void rows_go_to(struct rows *rows, unsigned row, size_t at)
{
	rows_page(rows, at);
	reach(rows, rows->top + (row < rows->height ? row : rows->height - 1));
}

void rows_go_to_column(struct rows *rows, unsigned column)
{
	rows->column = column < rows->width ? column : rows->width - 1;
}

/* Behind the last column means on the last column. */
void rows_left(struct rows *rows, unsigned count)
{
	if (rows->column == rows->width)
		rows->column--;
	rows->column = rows->column > count ? rows->column - count : 0;
}

void rows_scroll_up(struct rows *rows, unsigned count, size_t at)
{
	int64_t cursor = rows->cursor;

	rows_page(rows, at);
	if (count > rows->height)
		count = rows->height;
	reach(rows, end_of(rows));
	for (unsigned i = 0; i < count; i++) {
		reach(rows, end_of(rows) + 1);
		replay_rows_scroll(rows);
	}
	rows->cursor = cursor + count;
}

void rows_save(struct rows *rows)
{
	rows->saved_row = (unsigned)(rows->cursor - rows->top);
	rows->saved_column = rows->column;
}

void rows_restore(struct rows *rows, size_t at)
{
	rows_go_to(rows, rows->saved_row, at);
	rows->column = rows->saved_column;
}

void rows_print(struct rows *rows, unsigned count, size_t at)
{
	for (unsigned i = 0; i < count; i++) {
		if (rows->column == rows->width) {
			index_down(rows, at); /* not the start of a line */
			rows->column = 0;
		}
		rows->column++;
	}
}

/* No line starts at the top or above: less than a screenful is known. */
static size_t start_below(struct rows *rows, size_t size)
{
	for (int64_t row = rows->top; row <= rows->last; row++)
		if (*replay_rows_line(rows, row))
			return *replay_rows_line(rows, row);
	/* Output that went above it needs room there. */
	if (size > 0)
		rows->paged = SIZE_MAX;
	return rows->first ? rows->first : 1;
}

size_t rows_start(struct rows *rows, size_t size)
{
	size_t start = rows->start ? rows->start : start_below(rows, size);

	return start - 1;
}
