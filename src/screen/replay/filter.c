// SPDX-License-Identifier: MIT
/* Which parts of the output a replay contains. */
#include "screen/replay/parts.h"

#include <string.h>

static enum replay_switch switch_screen(unsigned number, bool on,
					bool *is_alternate)
{
	bool was_normal = !*is_alternate;

	*is_alternate = on;
	if (number != 1049 || !was_normal)
		return REPLAY_SWITCHES;
	return on ? REPLAY_SAVES : REPLAY_RESTORES;
}

enum replay_switch replay_follow(const struct sequence *sequence,
				 enum sequence_kind kind, bool *is_alternate)
{
	if (kind != SEQUENCE_CSI || sequence->mark != '?' ||
	    sequence->intermediate ||
	    (sequence->final != 'h' && sequence->final != 'l'))
		return REPLAY_STAYS;
	for (unsigned i = 0; i < sequence->count; i++) {
		unsigned number = sequence->numbers[i];

		if (number == 47 || number == 1047 || number == 1049)
			return switch_screen(number, sequence->final == 'h',
					     is_alternate);
	}
	return REPLAY_STAYS;
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Bytes of the character at the start of @bytes; 1: not a character. */
static size_t character(const char *bytes, size_t size)
{
	unsigned char first = (unsigned char)bytes[0];
	size_t length = first < 0xc2   ? 1
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
			: first < 0xf5 ? 4
				       : 1;

	if (length > size)
		return 1;
	for (size_t i = 1; i < length; i++)
		if (!is_continuation(bytes[i]))
			return 1;
	return length;
}

/* C1, as a byte or in UTF-8: some terminals take U+009B for CSI. */
static bool is_c1(const char *bytes, size_t length)
{
	unsigned char last = (unsigned char)bytes[length - 1];

	return last >= 0x80 && last < 0xa0 &&
	       (length == 1 || (length == 2 && bytes[0] == '\xc2'));
}

static void filter_text(const char *bytes, size_t size, struct buffer *ret)
{
	size_t from = 0, length;

	for (size_t at = 0; at < size; at += length) {
		length = character(bytes + at, size - at);
		if (!is_c1(bytes + at, length))
			continue;
		buffer_add(ret, bytes + from, at - from);
		from = at + length;
	}
	buffer_add(ret, bytes + from, size - from);
}

/* BS, HT, LF, VT, FF, CR move the cursor; SO, SI switch the charset. */
static void filter_control(char byte, struct buffer *ret)
{
	if (byte >= 0x08 && byte <= 0x0f)
		buffer_add(ret, &byte, 1);
}

/* Without the controls in it: they are pieces of their own. */
static void put_sequence(const char *bytes, size_t size, struct buffer *ret)
{
	char esc = '\033';

	buffer_add(ret, &esc, 1);
	for (size_t i = 1; i < size; i++)
		if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			buffer_add(ret, &bytes[i], 1);
}

/* Index, next line, cursor saved and restored, single shifts, charsets. */
static bool is_short_replayed(const struct sequence *sequence)
{
	if (sequence->intermediate)
		return strchr("()*+", sequence->intermediate) != NULL;
	return strchr("DEM78NO", sequence->final) != NULL;
}

/* Sequences that move the cursor, write, erase or scroll. */
static bool is_csi_replayed(const struct sequence *sequence)
{
	char final = sequence->final;

	if (sequence->intermediate)
		return false;
	if (final == 'J' || final == 'K') /* 3: the scrollback */
		return (!sequence->mark || sequence->mark == '?') &&
		       sequence_number(sequence, 0, 0) != 3;
	if (sequence->mark)
		return false;
	if (final == 'T') /* with more numbers it is about the mouse */
		return sequence->count <= 1;
	return strchr("@ABCDEFGHILMPSXZ`abdefmrsu", final) != NULL;
}

/* Only the modes that change how output is drawn. */
static void filter_modes(const struct sequence *sequence, struct buffer *ret)
{
	for (unsigned i = 0; i < sequence->count; i++) {
		unsigned number = sequence->numbers[i];

		if (sequence->mark == '?' && (number == 6 || number == 7))
			buffer_printf(ret, "\033[?%u%c", number,
				      sequence->final);
		else if (!sequence->mark && (number == 4 || number == 20))
			buffer_printf(ret, "\033[%u%c", number,
				      sequence->final);
	}
}

static void filter_csi(const struct sequence *sequence, const char *bytes,
		       size_t size, struct buffer *ret)
{
	if (!sequence->intermediate &&
	    (sequence->final == 'h' || sequence->final == 'l'))
		filter_modes(sequence, ret);
	else if (is_csi_replayed(sequence))
		put_sequence(bytes, size, ret);
}

/* Of all strings, only links (OSC 8). */
static void filter_osc(const struct sequence *sequence, struct buffer *ret)
{
	static const char end[] = "\033\\";

	if (sequence->length < 2 || sequence->length == SEQUENCE_TEXT ||
	    memcmp(sequence->text, "8;", 2) != 0)
		return;
	put_sequence("\033]", 2, ret);
	filter_text(sequence->text, sequence->length, ret);
	buffer_add(ret, end, sizeof(end) - 1);
}

static void filter_piece(const struct sequence *sequence, const char *bytes,
			 const struct sequence_piece *piece, struct buffer *ret)
{
	const char *start = bytes + piece->start;
	size_t size = piece->end - piece->start;

	switch (piece->kind) {
	case SEQUENCE_TEXT_BYTE:
		filter_text(start, size, ret);
		break;
	case SEQUENCE_CONTROL:
		filter_control(bytes[piece->end - 1], ret);
		break;
	case SEQUENCE_SHORT:
		if (is_short_replayed(sequence))
			put_sequence(start, size, ret);
		break;
	case SEQUENCE_CSI:
		filter_csi(sequence, start, size, ret);
		break;
	case SEQUENCE_OSC:
		filter_osc(sequence, ret);
		break;
	default:
		break;
	}
}

void replay_filter(const char *bytes, size_t size, bool is_normal,
		   struct buffer *ret)
{
	struct sequence sequence = { 0 };
	struct sequence_piece piece = { 0 };
	bool is_alternate = !is_normal;

	while (sequence_next(&sequence, bytes, size, &piece)) {
		switch (replay_follow(&sequence, piece.kind, &is_alternate)) {
		case REPLAY_STAYS:
			if (is_alternate != is_normal)
				filter_piece(&sequence, bytes, &piece, ret);
			break;
		case REPLAY_SAVES:
			put_sequence("\0337", 2, ret);
			break;
		case REPLAY_RESTORES:
			put_sequence("\0338", 2, ret);
			break;
		default:
			break;
		}
	}
}
