// SPDX-License-Identifier: MIT
#include "screen/screen.h"

#include <string.h>

#include "screen/modes.h"

#define ESC 0x1b
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

static void go_home(struct screen *screen)
{
	screen->home =
		(struct screen_span){ screen->sequence_start, screen->offset };
	if (screen->clear.end == screen->sequence_start && screen->clear.end)
		screen->begin[screen->is_alternate] = screen->clear.start;
}

/*
 * ED. The screen begins here if all of it is cleared directly before or after
 * the cursor goes home, or if it is cleared from home on: these are terminfo's
 * forms of "clear". If the cursor is elsewhere, a replay from here would not
 * know its position.
 */
static void erase(struct screen *screen)
{
	unsigned how = sequence_number(&screen->sequence, 0, 0);
	bool is_home = screen->home.end == screen->sequence_start;

	if (is_home && (how == 0 || how == 2))
		screen->begin[screen->is_alternate] = screen->home.start;
	if (is_home && (how == 2 || how == 3))
		screen->home.end = screen->offset;
	if (how == 2)
		screen->clear = (struct screen_span){ screen->sequence_start,
						      screen->offset };
	else if (how == 3 && screen->clear.end == screen->sequence_start)
		screen->clear.end = screen->offset;
}

static void screen_set_region(struct screen *screen)
{
	unsigned top = sequence_number(&screen->sequence, 0, 1);
	unsigned bottom = sequence_number(&screen->sequence, 1, 0);

	/* No bottom means the last row; from row 1 on, the whole screen. */
	bool is_all = top == 1 && bottom == 0;

	screen->region_top = is_all ? 0 : (uint16_t)top;
	screen->region_bottom = (uint16_t)bottom;
}

/* XTWINOPS 22 and 23: xterm stores ten titles at most. */
static void change_titles(struct screen *screen)
{
	unsigned what = sequence_number(&screen->sequence, 0, 0);

	if (what == 22 && screen->titles < 10)
		screen->titles++;
	else if (what == 23 && screen->titles > 0)
		screen->titles--;
}

/* DECSTR. */
static void reset_softly(struct screen *screen)
{
	screen_set_flag(screen, '?', 1, false);
	screen_set_flag(screen, '?', 7, true);
	screen_set_flag(screen, '?', 25, true);
	screen_set_flag(screen, 0, 4, false);
	screen->has_keypad = false;
	screen->charset = (struct screen_charset){ 0 };
	screen->saved[screen->is_alternate] = screen->charset;
	screen->region_top = screen->region_bottom = 0;
}

static void reset(struct screen *screen)
{
	struct screen fresh = { .offset = screen->offset,
				.sequence_start = screen->sequence_start,
				.titles = screen->titles,
				.forgotten = screen->forgotten };

	screen_leave_alternate(screen);
	fresh.alternate_count = screen->alternate_count;
	memcpy(fresh.alternates, screen->alternates, sizeof(fresh.alternates));
	fresh.begin[0] = screen->offset;
	*screen = fresh;
}

static void plain_csi(struct screen *screen)
{
	const struct sequence *sequence = &screen->sequence;

	switch (sequence->final) {
	case 'H':
	case 'f':
		if (sequence_number(sequence, 0, 1) == 1 &&
		    sequence_number(sequence, 1, 1) == 1)
			go_home(screen);
		break;
	case 'J':
		erase(screen);
		break;
	case 'r':
		screen_set_region(screen);
		break;
	case 's':
		screen_save(screen);
		break;
	case 't':
		change_titles(screen);
		break;
	case 'u':
		screen_restore(screen);
		break;
	default:
		break;
	}
}

static void csi(struct screen *screen)
{
	const struct sequence *sequence = &screen->sequence;
	char mark = sequence->mark, final = sequence->final;

	if (sequence->intermediate == ' ' && final == 'q' && !mark)
		screen->cursor = (uint8_t)sequence_number(sequence, 0, 0);
	else if (sequence->intermediate == '!' && final == 'p' && !mark)
		reset_softly(screen);
	else if (sequence->intermediate)
		return;
	else if ((final == 'h' || final == 'l') && (!mark || mark == '?'))
		screen_set_modes(screen, final == 'h');
	else if (final == 'm' && mark == '>' &&
		 sequence_number(sequence, 0, 4) == 4)
		screen->other_keys = (uint16_t)sequence_number(sequence, 1, 0);
	else if (final == 'u' && mark)
		screen_change_keyboard(screen);
	else if (!mark)
		plain_csi(screen);
}

/* ESC ( 0: G0; ESC ) 0: G1. */
static void designate(struct screen *screen)
{
	char set = screen->sequence.final == 'B' ? 0 : screen->sequence.final;

	if (screen->sequence.intermediate == '(')
		screen->charset.g0 = set;
	else if (screen->sequence.intermediate == ')')
		screen->charset.g1 = set;
}

static void screen_short_sequence(struct screen *screen)
{
	if (screen->sequence.intermediate) {
		designate(screen);
		return;
	}
	switch (screen->sequence.final) {
	case '7':
		screen_save(screen);
		break;
	case '8':
		screen_restore(screen);
		break;
	case '=':
	case '>':
		screen->has_keypad = screen->sequence.final == '=';
		break;
	case 'c':
		reset(screen);
		break;
	default:
		break;
	}
}

/* Size without a character that was cut at the end. */
static size_t whole_characters(const char *text, size_t size)
{
	size_t start = size;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	return size == SEQUENCE_TEXT && start > 0 &&
			       (unsigned char)text[start - 1] >= 0xc0
		       ? start - 1
		       : size;
}

/* OSC 0 and 2 set the window's title; 0 also sets the name of its icon. */
static void osc(struct screen *screen)
{
	const struct sequence *sequence = &screen->sequence;

	if (sequence->length < 2 || sequence->text[1] != ';' ||
	    (sequence->text[0] != '0' && sequence->text[0] != '2'))
		return;

	size_t size = whole_characters(sequence->text, sequence->length) - 2;

	memcpy(screen->title, sequence->text + 2, size);
	screen->title_size = (uint16_t)size;
}

static void screen_act(struct screen *screen, enum sequence_kind kind,
		       unsigned char byte)
{
	switch (kind) {
	case SEQUENCE_CONTROL:
		if (byte == SHIFT_OUT || byte == SHIFT_IN)
			screen->charset.is_g1 = byte == SHIFT_OUT;
		break;
	case SEQUENCE_SHORT:
		screen_short_sequence(screen);
		break;
	case SEQUENCE_CSI:
		csi(screen);
		break;
	case SEQUENCE_OSC:
		osc(screen);
		break;
	default:
		break;
	}
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t has_zero_byte(uint64_t word)
{
	return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* Whether one of eight bytes is ESC, SHIFT_OUT or SHIFT_IN. */
static bool screen_has_control(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (has_zero_byte(word ^ EACH_BYTE(ESC)) |
		has_zero_byte((word & EACH_BYTE(0xfe)) ^
			      EACH_BYTE(SHIFT_OUT))) != 0;
}

/* Number of bytes, between sequences, that change nothing. Most output is such,
 * so look at eight bytes at a time. */
static size_t plain_size(const char *bytes, size_t size)
{
	size_t at = 0;

	while (size - at >= 8 && !screen_has_control(bytes + at))
		at += 8;
	while (at < size && bytes[at] != ESC && (bytes[at] & ~1) != SHIFT_OUT)
		at++;
	return at;
}

void screen_feed(struct screen *screen, const char *bytes, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		if (sequence_is_between(&screen->sequence)) {
			size_t plain = plain_size(bytes + at, size - at);

			screen->offset += plain;
			at += plain;
			if (at == size)
				return;
		}

		unsigned char byte = (unsigned char)bytes[at];

		if (byte == ESC)
			screen->sequence_start = screen->offset;
		screen->offset++;

		enum sequence_kind kind =
			sequence_feed(&screen->sequence, byte);

		if (kind > SEQUENCE_TEXT_BYTE)
			screen_act(screen, kind, byte);
	}
}

uint64_t screen_begin(const struct screen *screen, uint64_t oldest)
{
	uint64_t begin = screen->begin[screen->is_alternate];

	if (screen->is_alternate || begin >= oldest)
		return begin;
	begin = oldest > screen->forgotten ? oldest : screen->forgotten;
	for (unsigned i = 0; i < SCREEN_SPANS; i++) {
		const struct screen_span *span = &screen->alternates[i];

		if (span->start < begin && begin < span->end)
			begin = span->end;
	}
	return begin;
}
