// SPDX-License-Identifier: MIT
#include "job/screen.h"

#include <string.h>

#include "job/screen_modes.h"

#define ESC 0x1b
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

const struct screen_mode screen_modes[] = {
	{ '?', 1, false, false }, /* application cursor keys */
	{ '?', 5, false, false }, /* reverse video */
	{ '?', 7, true, false }, /* autowrap */
	{ '?', 25, true, false }, /* the cursor is visible */
	{ '?', 9, false, false }, /* mouse: presses */
	{ '?', 1000, false, false }, /* presses and releases */
	{ '?', 1002, false, false }, /* drags */
	{ '?', 1003, false, false }, /* all moves */
	{ '?', 1005, false, false }, /* encodings: UTF-8 */
	{ '?', 1015, false, false }, /* urxvt's */
	{ '?', 1016, false, false }, /* SGR, in pixels */
	{ '?', 1006, false, false }, /* SGR */
	{ '?', 1004, false, false }, /* focus events */
	{ '?', 2004, false, false }, /* bracketed paste */
	{ '?', 2026, false, true }, /* synchronized output */
	{ '?', 2031, false, false }, /* reports of the colour scheme */
	{ '?', 2048, false, false }, /* reports of the size */
	{ 0, 4, false, false }, /* insert */
	{ 0, 20, false, false }, /* new line */
};
const size_t screen_mode_count = sizeof(screen_modes) / sizeof(*screen_modes);

static void save_cursor(struct screen *screen)
{
	screen->saved[screen->is_alternate] = screen->charset;
}

static void restore_cursor(struct screen *screen)
{
	screen->charset = screen->saved[screen->is_alternate];
}

static struct screen_span *current_alternate(struct screen *screen)
{
	return &screen->alternates[(screen->alternate_count - 1) %
				   SCREEN_SPANS];
}

static void enter_alternate(struct screen *screen)
{
	/* To enter it again clears it, too. */
	screen->begin[1] = screen->offset;
	if (screen->is_alternate)
		return;
	if (screen->alternate_count >= SCREEN_SPANS)
		screen->forgotten = screen->alternates[screen->alternate_count %
						       SCREEN_SPANS]
					    .end;
	screen->alternate_count++;
	*current_alternate(screen) =
		(struct screen_span){ screen->sequence, UINT64_MAX };
	screen->is_alternate = true;
}

static void leave_alternate(struct screen *screen)
{
	if (!screen->is_alternate)
		return;
	current_alternate(screen)->end = screen->offset;
	screen->is_alternate = false;
}

static void set_alternate(struct screen *screen, unsigned number, bool on)
{
	bool saves = number == 1049;

	if (on && saves)
		save_cursor(screen);
	if (on)
		enter_alternate(screen);
	else
		leave_alternate(screen);
	if (!on && saves)
		restore_cursor(screen);
}

static void set_flag(struct screen *screen, char mark, unsigned number, bool on)
{
	for (size_t i = 0; i < screen_mode_count; i++) {
		const struct screen_mode *mode = &screen_modes[i];

		if (mode->mark != mark || mode->number != number)
			continue;
		if (on == mode->is_on)
			screen->modes &= ~(UINT32_C(1) << i);
		else
			screen->modes |= UINT32_C(1) << i;
		return;
	}
}

static void set_mode(struct screen *screen, char mark, unsigned number, bool on)
{
	if (mark == '?' && (number == 47 || number == 1047 || number == 1049))
		set_alternate(screen, number, on);
	else if (mark == '?' && number == 1048 && on)
		save_cursor(screen);
	else if (mark == '?' && number == 1048)
		restore_cursor(screen);
	else if (mark == '?' && number == 6)
		screen->charset.has_origin = on;
	else if (mark == '?' && number == 66)
		screen->has_keypad = on;
	else
		set_flag(screen, mark, number, on);
}

/* ESC [ h, l */
static void set_modes(struct screen *screen, bool on)
{
	const struct escape *escape = &screen->escape;

	for (unsigned i = 0; i < escape->count; i++)
		set_mode(screen, escape->mark, escape->numbers[i], on);
}

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

static void push_keyboard(struct screen_keyboard *keyboard, unsigned flags)
{
	if (keyboard->depth == SCREEN_KEYBOARDS)
		memmove(keyboard->flags, keyboard->flags + 1, SCREEN_KEYBOARDS);
	else
		keyboard->depth++;
	keyboard->flags[keyboard->depth] = (uint8_t)flags;
}

static void pop_keyboard(struct screen_keyboard *keyboard, unsigned count)
{
	if (count > keyboard->depth) {
		*keyboard = (struct screen_keyboard){ 0 };
		return;
	}
	keyboard->depth = (uint8_t)(keyboard->depth - count);
}

static void set_keyboard(struct screen_keyboard *keyboard, unsigned flags,
			 unsigned how)
{
	uint8_t *current = &keyboard->flags[keyboard->depth];

	if (how == 1)
		*current = (uint8_t)flags;
	else if (how == 2)
		*current |= (uint8_t)flags;
	else if (how == 3)
		*current &= (uint8_t)~flags;
}

/* ESC [ < = > u; without a mark it restores the cursor. */
static void change_keyboard(struct screen *screen)
{
	const struct escape *escape = &screen->escape;
	struct screen_keyboard *keyboard =
		&screen->keyboard[screen->is_alternate];

	if (escape->mark == '>')
		push_keyboard(keyboard, escape_number(escape, 0, 0));
	else if (escape->mark == '<')
		pop_keyboard(keyboard, escape_number(escape, 0, 1));
	else if (escape->mark == '=')
		set_keyboard(keyboard, escape_number(escape, 0, 0),
			     escape_number(escape, 1, 1));
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
	set_flag(screen, '?', 1, false);
	set_flag(screen, '?', 7, true);
	set_flag(screen, '?', 25, true);
	set_flag(screen, 0, 4, false);
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

	leave_alternate(screen);
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
		save_cursor(screen);
		break;
	case 't':
		change_titles(screen);
		break;
	case 'u':
		restore_cursor(screen);
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
		set_modes(screen, final == 'h');
	else if (final == 'm' && mark == '>' &&
		 escape_number(escape, 0, 4) == 4)
		screen->other_keys = (uint16_t)escape_number(escape, 1, 0);
	else if (final == 'u' && mark)
		change_keyboard(screen);
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
		save_cursor(screen);
		break;
	case '8':
		restore_cursor(screen);
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
