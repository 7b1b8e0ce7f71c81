// SPDX-License-Identifier: MIT
#include "screen/screen.h"

#include <string.h>

#include "screen/modes.h"

#define ESC 0x1b
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

static void go_home(struct screen *screen)
{
	screen->home = (struct screen_span){ screen->sequence, screen->offset };
	if (screen->clear.end == screen->sequence && screen->clear.end)
		screen->begin[screen->is_alternate] = screen->clear.start;
}

/*
 * ED. All is cleared when it is cleared as a whole right before or after the
 * cursor goes home, or from home on: terminfo's ways to write "clear". Cleared
 * while the cursor is elsewhere, where it is would be lost.
 */
static void erase(struct screen *screen)
{
	unsigned how = escape_number(&screen->escape, 0, 0);
	bool is_home = screen->home.end == screen->sequence;

	if (is_home && (how == 0 || how == 2))
		screen->begin[screen->is_alternate] = screen->home.start;
	if (is_home && (how == 2 || how == 3))
		screen->home.end = screen->offset;
	if (how == 2)
		screen->clear = (struct screen_span){ screen->sequence,
						      screen->offset };
	else if (how == 3 && screen->clear.end == screen->sequence)
		screen->clear.end = screen->offset;
}

static void set_region(struct screen *screen)
{
	unsigned top = escape_number(&screen->escape, 0, 1);
	unsigned bottom = escape_number(&screen->escape, 1, 0);

	/* Without a bottom it is the last row: all of the screen from 1 on. */
	bool is_all = top == 1 && bottom == 0;

	screen->region_top = is_all ? 0 : (uint16_t)top;
	screen->region_bottom = (uint16_t)bottom;
}

/* XTWINOPS 22 and 23: xterm holds ten at most. */
static void change_titles(struct screen *screen)
{
	unsigned what = escape_number(&screen->escape, 0, 0);

	if (what == 22 && screen->titles < 10)
		screen->titles++;
	else if (what == 23 && screen->titles > 0)
		screen->titles--;
}

/* What DECSTR resets. */
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
				.sequence = screen->sequence,
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
	const struct escape *escape = &screen->escape;

	switch (escape->final) {
	case 'H':
	case 'f':
		if (escape_number(escape, 0, 1) == 1 &&
		    escape_number(escape, 1, 1) == 1)
			go_home(screen);
		break;
	case 'J':
		erase(screen);
		break;
	case 'r':
		set_region(screen);
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
	const struct escape *escape = &screen->escape;
	char mark = escape->mark, final = escape->final;

	if (escape->intermediate == ' ' && final == 'q' && !mark)
		screen->cursor = (uint8_t)escape_number(escape, 0, 0);
	else if (escape->intermediate == '!' && final == 'p' && !mark)
		reset_softly(screen);
	else if (escape->intermediate)
		return;
	else if ((final == 'h' || final == 'l') && (!mark || mark == '?'))
		screen_set_modes(screen, final == 'h');
	else if (final == 'm' && mark == '>' &&
		 escape_number(escape, 0, 4) == 4)
		screen->other_keys = (uint16_t)escape_number(escape, 1, 0);
	else if (final == 'u' && mark)
		screen_change_keyboard(screen);
	else if (!mark)
		plain_csi(screen);
}

/* ESC ( 0 and the like. */
static void designate(struct screen *screen)
{
	char set = screen->escape.final == 'B' ? 0 : screen->escape.final;

	if (screen->escape.intermediate == '(')
		screen->charset.g0 = set;
	else if (screen->escape.intermediate == ')')
		screen->charset.g1 = set;
}

static void short_escape(struct screen *screen)
{
	if (screen->escape.intermediate) {
		designate(screen);
		return;
	}
	switch (screen->escape.final) {
	case '7':
		screen_save(screen);
		break;
	case '8':
		screen_restore(screen);
		break;
	case '=':
	case '>':
		screen->has_keypad = screen->escape.final == '=';
		break;
	case 'c':
		reset(screen);
		break;
	default:
		break;
	}
}

/* Bytes of a title that was cut amid a character. */
static size_t whole_characters(const char *text, size_t size)
{
	size_t start = size;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	return size == ESCAPE_TEXT && start > 0 &&
			       (unsigned char)text[start - 1] >= 0xc0
		       ? start - 1
		       : size;
}

/* OSC 0 and 2 set the window's title; 0 its icon's name as well. */
static void osc(struct screen *screen)
{
	const struct escape *escape = &screen->escape;

	if (escape->length < 2 || escape->text[1] != ';' ||
	    (escape->text[0] != '0' && escape->text[0] != '2'))
		return;

	size_t size = whole_characters(escape->text, escape->length) - 2;

	memcpy(screen->title, escape->text + 2, size);
	screen->title_size = (uint16_t)size;
}

static void act(struct screen *screen, enum escape_kind kind,
		unsigned char byte)
{
	switch (kind) {
	case ESCAPE_CONTROL:
		if (byte == SHIFT_OUT || byte == SHIFT_IN)
			screen->charset.is_g1 = byte == SHIFT_OUT;
		break;
	case ESCAPE_SHORT:
		short_escape(screen);
		break;
	case ESCAPE_CSI:
		csi(screen);
		break;
	case ESCAPE_OSC:
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
static bool has_control(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (has_zero_byte(word ^ EACH_BYTE(ESC)) |
		has_zero_byte((word & EACH_BYTE(0xfe)) ^
			      EACH_BYTE(SHIFT_OUT))) != 0;
}

/* How many bytes from here on say nothing, between sequences: most of all that
 * a job writes, so by eight. */
static size_t plain_size(const char *bytes, size_t size)
{
	size_t at = 0;

	while (size - at >= 8 && !has_control(bytes + at))
		at += 8;
	while (at < size && bytes[at] != ESC && (bytes[at] & ~1) != SHIFT_OUT)
		at++;
	return at;
}

void screen_feed(struct screen *screen, const char *bytes, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		if (escape_is_between(&screen->escape)) {
			size_t plain = plain_size(bytes + at, size - at);

			screen->offset += plain;
			at += plain;
			if (at == size)
				return;
		}

		unsigned char byte = (unsigned char)bytes[at];

		if (byte == ESC)
			screen->sequence = screen->offset;
		screen->offset++;

		enum escape_kind kind = escape_feed(&screen->escape, byte);

		if (kind > ESCAPE_TEXT_BYTE)
			act(screen, kind, byte);
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
