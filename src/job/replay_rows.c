// SPDX-License-Identifier: MIT
/*
 * Where the last screenful starts.
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
#include "job/replay_parts.h"

#define ROWS 24
#define COLUMNS 80
#define ROWS_MAX 1024

struct rows {
	int64_t top, cursor, last; /* last: the lowest that was reached */
	unsigned height, width;
	unsigned column;
	unsigned bottom; /* of the scroll region, 0: none */
	unsigned saved_row, saved_column;

	/* Of a row in the window that begins a line: where, plus one. */
	size_t lines[ROWS_MAX];
	size_t start; /* the best up to now, plus one */
	size_t first; /* any line's beginning, plus one */
	size_t paged; /* the last place that needs a screen, plus one */
};

static size_t *line(struct rows *rows, int64_t row)
{
	return &rows->lines[row % ROWS_MAX];
}

/* The cursor was at @row: no line below it is one to start at. */
static void pass(struct rows *rows, int64_t row)
{
	for (int64_t below = row + 1; below <= rows->last; below++)
		*line(rows, below) = 0;
}

/* What shows only on a screen that begins as this one did. */
static void page(struct rows *rows, size_t at)
{
	pass(rows, rows->top);
	rows->paged = at + 1;
}

static void reach(struct rows *rows, int64_t row)
{
	while (rows->last < row)
		*line(rows, ++rows->last) = 0;
	rows->cursor = row;
}

static void scroll(struct rows *rows)
{
	rows->top++;
	if (*line(rows, rows->top))
		rows->start = *line(rows, rows->top);
}

static int64_t end_of(const struct rows *rows)
{
	return rows->top + rows->height - 1;
}

/* LF; @at is what comes next. */
static void index_down(struct rows *rows, size_t at)
{
	int64_t bottom =
		rows->bottom ? rows->top + rows->bottom - 1 : end_of(rows);
	int64_t last = rows->last;

	if (rows->cursor == end_of(rows) && rows->cursor != bottom)
		return;
	if (rows->cursor == bottom) {
		if (last > bottom) /* Rows below a region go along. */
			reach(rows, last + 1);
		rows->cursor = bottom;
		/* A line of the window's last row is known before it moves. */
		reach(rows, bottom + 1);
		if (last < bottom + 1 && rows->column == 0)
			*line(rows, bottom + 1) = at + 1;
		scroll(rows);
		return;
	}
	reach(rows, rows->cursor + 1);
	if (rows->last > last && rows->column == 0)
		*line(rows, rows->cursor) = at + 1;
}

static void line_feed(struct rows *rows, size_t at)
{
	index_down(rows, at);
	if (!rows->first)
		rows->first = at + 1;
}

/* What is drawn moves to rows that the cursor never reached. */
static void push_down(struct rows *rows, unsigned count)
{
	int64_t cursor = rows->cursor, last = rows->last + count;

	reach(rows, last < end_of(rows) ? last : end_of(rows));
	rows->cursor = cursor;
}

static void up(struct rows *rows, unsigned count, size_t at)
{
	if (rows->cursor - rows->top < count) {
		rows->cursor = rows->top;
		page(rows, at);
		return;
	}
	rows->cursor -= count;
	pass(rows, rows->cursor);
}

static void down(struct rows *rows, unsigned count, size_t at)
{
	if (end_of(rows) - rows->cursor < count) {
		page(rows, at);
		count = (unsigned)(end_of(rows) - rows->cursor);
	}
	reach(rows, rows->cursor + count);
}

/* To a row of the screen, from 0 on. */
static void go_to_row(struct rows *rows, unsigned row, size_t at)
{
	page(rows, at);
	reach(rows, rows->top + (row < rows->height ? row : rows->height - 1));
}

static void go_to_column(struct rows *rows, unsigned column)
{
	rows->column = column < rows->width ? column : rows->width - 1;
}

/* Behind the last column the cursor stands on it. */
static void left(struct rows *rows, unsigned count)
{
	if (rows->column == rows->width)
		rows->column--;
	rows->column = rows->column > count ? rows->column - count : 0;
}

static void scroll_up(struct rows *rows, unsigned count, size_t at)
{
	int64_t cursor = rows->cursor;

	page(rows, at);
	if (count > rows->height)
		count = rows->height;
	reach(rows, end_of(rows));
	for (unsigned i = 0; i < count; i++) {
		reach(rows, end_of(rows) + 1);
		scroll(rows);
	}
	rows->cursor = cursor + count;
}

static void save(struct rows *rows)
{
	rows->saved_row = (unsigned)(rows->cursor - rows->top);
	rows->saved_column = rows->column;
}

static void restore(struct rows *rows, size_t at)
{
	go_to_row(rows, rows->saved_row, at);
	rows->column = rows->saved_column;
}

static void print(struct rows *rows, unsigned count, size_t at)
{
	for (unsigned i = 0; i < count; i++) {
		if (rows->column == rows->width) {
			index_down(rows, at); /* no line's beginning */
			rows->column = 0;
		}
		rows->column++;
	}
}

/* Continuation bytes, and the combining characters and joiners that are most
 * used. Characters of two columns are counted as one: a screenful then is
 * somewhat more, never less. */
static bool is_zero_wide(const char *bytes, size_t size)
{
	unsigned char first = (unsigned char)bytes[0];
	unsigned char second = size > 1 ? (unsigned char)bytes[1] : 0;
	unsigned char third = size > 2 ? (unsigned char)bytes[2] : 0;

	if (first == 0xcc || (first == 0xcd && second < 0xb0))
		return true; /* U+0300 to U+036F */
	if (first == 0xe2 && second == 0x80)
		return third >= 0x8b && third <= 0x8f; /* joiners, marks */
	if (first == 0xe2 && second == 0x83)
		return third >= 0x90; /* U+20D0 and on */
	if (first == 0xef && second == 0xb8)
		return third < 0xb0; /* variation selectors, half marks */
	return (first & 0xc0) == 0x80;
}

static void text(struct rows *rows, const char *bytes,
		 const struct escape_piece *piece)
{
	for (size_t at = piece->start; at < piece->end; at++)
		if (!is_zero_wide(bytes + at, piece->end - at))
			print(rows, 1, at);
}

static void control(struct rows *rows, char byte, size_t at)
{
	switch (byte) {
	case '\b':
		left(rows, 1);
		break;
	case '\t':
		go_to_column(rows, (rows->column / 8 + 1) * 8);
		break;
	case '\n':
	case '\v':
	case '\f':
		line_feed(rows, at);
		break;
	case '\r':
		rows->column = 0;
		break;
	default:
		break;
	}
}

static void short_escape(struct rows *rows, const struct escape *escape,
			 size_t at)
{
	if (escape->intermediate)
		return;
	switch (escape->final) {
	case 'E':
		rows->column = 0;
		line_feed(rows, at);
		break;
	case 'D':
		line_feed(rows, at);
		break;
	case 'M':
		if (rows->cursor == rows->top)
			push_down(rows, 1);
		up(rows, 1, at);
		break;
	case '7':
		save(rows);
		break;
	case '8':
		restore(rows, at);
		break;
	default:
		break;
	}
}

static void set_region(struct rows *rows, const struct escape *escape,
		       size_t at)
{
	unsigned bottom = escape_number(escape, 1, rows->height);

	rows->bottom = bottom < rows->height ? bottom : 0;
	go_to_row(rows, 0, at);
	rows->column = 0;
}

static void vertical(struct rows *rows, const struct escape *escape, size_t at)
{
	unsigned count = escape_number(escape, 0, 1);

	switch (escape->final) {
	case 'A':
	case 'F':
		up(rows, count, at);
		break;
	case 'B':
	case 'E':
	case 'e':
		down(rows, count, at);
		break;
	case 'H':
	case 'f':
	case 'd':
		go_to_row(rows, count - 1, at);
		break;
	case 'J': /* 1 and 2 erase what is above; 3 is left out */
		if (escape_number(escape, 0, 3) < 3)
			page(rows, at);
		break;
	case 'S':
		scroll_up(rows, count, at);
		break;
	case 'L': /* pushes lines off the end */
	case 'T':
		push_down(rows, count);
		page(rows, at);
		break;
	case 'r':
		set_region(rows, escape, at);
		break;
	case 's':
		save(rows);
		break;
	case 'u':
		restore(rows, at);
		break;
	default:
		break;
	}
}

static void horizontal(struct rows *rows, const struct escape *escape,
		       size_t at)
{
	unsigned count = escape_number(escape, 0, 1);

	switch (escape->final) {
	case 'C':
	case 'a':
		go_to_column(rows, rows->column + count);
		break;
	case 'D':
		left(rows, count);
		break;
	case 'E':
	case 'F':
		rows->column = 0;
		break;
	case 'G':
	case '`':
		go_to_column(rows, count - 1);
		break;
	case 'H':
	case 'f':
		go_to_column(rows, escape_number(escape, 1, 1) - 1);
		break;
	case 'b': /* More than a row of them is not worth counting. */
		print(rows, count < rows->width ? count : rows->width, at);
		break;
	default:
		break;
	}
}

static void count_piece(struct rows *rows, const struct escape *escape,
			const char *bytes, const struct escape_piece *piece)
{
	switch (piece->kind) {
	case ESCAPE_TEXT_BYTE:
		text(rows, bytes, piece);
		break;
	case ESCAPE_CONTROL:
		control(rows, bytes[piece->end - 1], piece->end);
		break;
	case ESCAPE_SHORT:
		short_escape(rows, escape, piece->end);
		break;
	case ESCAPE_CSI:
		if (escape->mark || escape->intermediate)
			break;
		vertical(rows, escape, piece->end);
		horizontal(rows, escape, piece->end);
		break;
	default:
		break;
	}
}

static void count_rows(struct rows *rows, const struct replay *replay)
{
	struct escape escape = { 0 };
	struct escape_piece piece = { 0 };
	bool is_alternate = false;

	while (escape_next(&escape, replay->bytes, replay->size, &piece)) {
		switch (replay_follow(&escape, piece.kind, &is_alternate)) {
		case REPLAY_STAYS:
			if (!is_alternate)
				count_piece(rows, &escape, replay->bytes,
					    &piece);
			break;
		case REPLAY_SAVES:
			save(rows);
			break;
		case REPLAY_RESTORES:
			restore(rows, piece.end);
			break;
		default:
			break;
		}
	}
}

/* Nothing starts at the top or above: not a whole screen is known. */
static size_t start_below(struct rows *rows, size_t size)
{
	for (int64_t row = rows->top; row <= rows->last; row++)
		if (*line(rows, row))
			return *line(rows, row);
	/* What went above it needs room there. */
	if (size > 0)
		rows->paged = SIZE_MAX;
	return rows->first ? rows->first : 1;
}

size_t replay_start(const struct replay *replay, bool *ret_page)
{
	struct rows rows = {
		.height = replay->rows ? replay->rows : ROWS,
		.width = replay->columns ? replay->columns : COLUMNS,
		.start = replay->is_cut ? 0 : 1,
	};

	if (rows.height > ROWS_MAX - 2)
		rows.height = ROWS_MAX - 2;
	if (replay->is_cut)
		rows.cursor = rows.last = end_of(&rows);
	count_rows(&rows, replay);

	size_t start =
		rows.start ? rows.start : start_below(&rows, replay->size);

	*ret_page = rows.paged >= start;
	return start - 1;
}
