// SPDX-License-Identifier: MIT
/* Where a replay starts: counts rows as a terminal would. */
#include "screen/replay/parts.h"
#include "screen/replay/rows.h"

#define ROWS 24
#define COLUMNS 80

/* Continuation bytes, and the most common combining characters and joiners. A
 * character of two columns counts as one: a screenful is then larger than
 * needed, never smaller. */
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

static void replay_start_text(struct rows *rows, const char *bytes,
			      const struct sequence_piece *piece)
{
	for (size_t at = piece->start; at < piece->end; at++)
		if (!is_zero_wide(bytes + at, piece->end - at))
			rows_print(rows, 1, at);
}

static void replay_start_control(struct rows *rows, char byte, size_t at)
{
	switch (byte) {
	case '\b':
		rows_left(rows, 1);
		break;
	case '\t':
		rows_go_to_column(rows, (rows->column / 8 + 1) * 8);
		break;
	case '\n':
	case '\v':
	case '\f':
		rows_line_feed(rows, at);
		break;
	case '\r':
		rows->column = 0;
		break;
	default:
		break;
	}
}

static void replay_start_short_sequence(struct rows *rows,
					const struct sequence *sequence,
					size_t at)
{
	if (sequence->intermediate)
		return;
	switch (sequence->final) {
	case 'E':
		rows->column = 0;
		rows_line_feed(rows, at);
		break;
	case 'D':
		rows_line_feed(rows, at);
		break;
	case 'M':
		if (rows->cursor == rows->top)
			rows_push_down(rows, 1);
		rows_up(rows, 1, at);
		break;
	case '7':
		rows_save(rows);
		break;
	case '8':
		rows_restore(rows, at);
		break;
	default:
		break;
	}
}

static void replay_start_set_region(struct rows *rows,
				    const struct sequence *sequence, size_t at)
{
	unsigned bottom = sequence_number(sequence, 1, rows->height);

	rows->bottom = bottom < rows->height ? bottom : 0;
	rows_go_to(rows, 0, at);
	rows->column = 0;
}

static void vertical(struct rows *rows, const struct sequence *sequence,
		     size_t at)
{
	unsigned count = sequence_number(sequence, 0, 1);

	switch (sequence->final) {
	case 'A':
	case 'F':
		rows_up(rows, count, at);
		break;
	case 'B':
	case 'E':
	case 'e':
		rows_down(rows, count, at);
		break;
	case 'H':
	case 'f':
	case 'd':
		rows_go_to(rows, count - 1, at);
		break;
	case 'J': /* 1 and 2 erase above; 3 is not replayed */
		if (sequence_number(sequence, 0, 3) < 3)
			rows_page(rows, at);
		break;
	case 'S':
		rows_scroll_up(rows, count, at);
		break;
	case 'L': /* moves lines off the end */
	case 'T':
		rows_push_down(rows, count);
		rows_page(rows, at);
		break;
	case 'r':
		replay_start_set_region(rows, sequence, at);
		break;
	case 's':
		rows_save(rows);
		break;
	case 'u':
		rows_restore(rows, at);
		break;
	default:
		break;
	}
}

static void horizontal(struct rows *rows, const struct sequence *sequence,
		       size_t at)
{
	unsigned count = sequence_number(sequence, 0, 1);

	switch (sequence->final) {
	case 'C':
	case 'a':
		rows_go_to_column(rows, rows->column + count);
		break;
	case 'D':
		rows_left(rows, count);
		break;
	case 'E':
	case 'F':
		rows->column = 0;
		break;
	case 'G':
	case '`':
		rows_go_to_column(rows, count - 1);
		break;
	case 'H':
	case 'f':
		rows_go_to_column(rows, sequence_number(sequence, 1, 1) - 1);
		break;
	case 'b': /* Counts at most a row of them. */
		rows_print(rows, count < rows->width ? count : rows->width, at);
		break;
	default:
		break;
	}
}

static void count_piece(struct rows *rows, const struct sequence *sequence,
			const char *bytes, const struct sequence_piece *piece)
{
	switch (piece->kind) {
	case SEQUENCE_TEXT_BYTE:
		replay_start_text(rows, bytes, piece);
		break;
	case SEQUENCE_CONTROL:
		replay_start_control(rows, bytes[piece->end - 1], piece->end);
		break;
	case SEQUENCE_SHORT:
		replay_start_short_sequence(rows, sequence, piece->end);
		break;
	case SEQUENCE_CSI:
		if (sequence->mark || sequence->intermediate)
			break;
		vertical(rows, sequence, piece->end);
		horizontal(rows, sequence, piece->end);
		break;
	default:
		break;
	}
}

static void count_rows(struct rows *rows, const struct replay *replay)
{
	struct sequence sequence = { 0 };
	struct sequence_piece piece = { 0 };
	bool is_alternate = false;

	while (sequence_next(&sequence, replay->bytes, replay->size, &piece)) {
		switch (replay_follow(&sequence, piece.kind, &is_alternate)) {
		case REPLAY_STAYS:
			if (!is_alternate)
				count_piece(rows, &sequence, replay->bytes,
					    &piece);
			break;
		case REPLAY_SAVES:
			rows_save(rows);
			break;
		case REPLAY_RESTORES:
			rows_restore(rows, piece.end);
			break;
		default:
			break;
		}
	}
}

size_t replay_start(const struct replay *replay, bool *ret_page)
{
	struct rows rows;

	rows_begin(&rows, replay->rows ? replay->rows : ROWS,
		   replay->columns ? replay->columns : COLUMNS, replay->is_cut);
	count_rows(&rows, replay);

	size_t start = rows_start(&rows, replay->size);

	*ret_page = rows.paged > start;
	return start;
}
