// SPDX-License-Identifier: MIT
#include "screen/sequence.h"

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define DEL 0x7f

enum state {
	BETWEEN,
	AFTER_ESC,
	IN_CSI,
	IN_OSC,
	IN_STRING, /* DCS, SOS, PM, APC, the title of screen(1): no meaning */
};

static enum escape_kind end(struct escape *escape, unsigned char final,
			    enum escape_kind kind)
{
	escape->state = BETWEEN;
	escape->final = (char) final;
	return escape->is_wrong ? ESCAPE_NONE : kind;
}

/* An ESC ends what is in hand: the ESC of ST, or that of a new sequence. */
static enum escape_kind begin(struct escape *escape)
{
	bool was_osc = escape->state == IN_OSC;

	escape->state = AFTER_ESC;
	escape->mark = 0;
	escape->intermediate = 0;
	escape->is_wrong = false;
	return was_osc ? ESCAPE_OSC : ESCAPE_NONE;
}

static enum escape_kind cancel(struct escape *escape, enum escape_kind kind)
{
	escape->state = BETWEEN;
	return kind;
}

static void add_intermediate(struct escape *escape, unsigned char byte)
{
	/* Two are well formed, but nothing that we know of has two. */
	if (escape->intermediate)
		escape->is_wrong = true;
	escape->intermediate = (char)byte;
}

static void begin_csi(struct escape *escape)
{
	escape->state = IN_CSI;
	escape->count = 0;
	for (unsigned i = 0; i < ESCAPE_NUMBERS; i++)
		escape->numbers[i] = 0;
}

static enum escape_kind after_esc(struct escape *escape, unsigned char byte)
{
	if (byte < 0x30) {
		add_intermediate(escape, byte);
		return ESCAPE_NONE;
	}
	if (escape->intermediate)
		return end(escape, byte, ESCAPE_SHORT);
	switch (byte) {
	case '[':
		begin_csi(escape);
		return ESCAPE_NONE;
	case ']':
		escape->state = IN_OSC;
		escape->length = 0;
		return ESCAPE_NONE;
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
	case 'k': /* a window's name, with TERM=screen and tmux */
		escape->state = IN_STRING;
		return ESCAPE_NONE;
	default:
		return end(escape, byte, ESCAPE_SHORT);
	}
}

static void add_digit(struct escape *escape, unsigned digit)
{
	if (escape->count == 0)
		escape->count = 1;
	if (escape->count > ESCAPE_NUMBERS)
		return;

	uint16_t *number = &escape->numbers[escape->count - 1];
	unsigned value = *number * 10U + digit;

	*number = value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* Colons part the numbers inside one; only colours have them. */
static void add_separator(struct escape *escape)
{
	if (escape->count == 0)
		escape->count = 1;
	if (escape->count <= ESCAPE_NUMBERS)
		escape->count++;
}

static void add_parameter(struct escape *escape, unsigned char byte)
{
	bool is_mark = byte > ';';

	if (escape->intermediate ||
	    (is_mark && (escape->count > 0 || escape->mark)))
		escape->is_wrong = true;
	else if (is_mark)
		escape->mark = (char)byte;
	else if (byte <= '9')
		add_digit(escape, byte - '0');
	else
		add_separator(escape);
}

static enum escape_kind in_csi(struct escape *escape, unsigned char byte)
{
	if (byte < 0x30)
		add_intermediate(escape, byte);
	else if (byte < 0x40)
		add_parameter(escape, byte);
	else {
		if (escape->count > ESCAPE_NUMBERS)
			escape->count = ESCAPE_NUMBERS;
		return end(escape, byte, ESCAPE_CSI);
	}
	return ESCAPE_NONE;
}

static enum escape_kind in_osc(struct escape *escape, unsigned char byte)
{
	if (byte == BEL)
		return end(escape, byte, ESCAPE_OSC);
	if (byte >= 0x20 && escape->length < ESCAPE_TEXT)
		escape->text[escape->length++] = (char)byte;
	return ESCAPE_NONE;
}

enum escape_kind escape_feed(struct escape *escape, unsigned char byte)
{
	if (byte == ESC)
		return begin(escape);
	if (byte == CAN || byte == SUB)
		return cancel(escape, ESCAPE_CONTROL);
	if (escape->state == IN_STRING)
		return ESCAPE_NONE;
	if (escape->state == IN_OSC)
		return in_osc(escape, byte);
	if (byte < 0x20 || byte == DEL)
		return ESCAPE_CONTROL;
	if (byte >= 0x80)
		return cancel(escape, ESCAPE_TEXT_BYTE);
	switch (escape->state) {
	case AFTER_ESC:
		return after_esc(escape, byte);
	case IN_CSI:
		return in_csi(escape, byte);
	default:
		return ESCAPE_TEXT_BYTE;
	}
}

bool escape_is_string(const struct escape *escape)
{
	return escape->state == IN_OSC || escape->state == IN_STRING;
}

unsigned escape_number(const struct escape *escape, unsigned index,
		       unsigned otherwise)
{
	if (index >= escape->count || escape->numbers[index] == 0)
		return otherwise;
	return escape->numbers[index];
}

static bool is_text(char byte)
{
	return (unsigned char)byte >= 0x20 && byte != DEL;
}

static size_t text_end(const char *bytes, size_t at, size_t size)
{
	while (at < size && is_text(bytes[at]))
		at++;
	return at;
}

bool escape_next(struct escape *escape, const char *bytes, size_t size,
		 struct escape_piece *piece)
{
	/* A control amid a sequence is a piece in it: the sequence's start was
	 * kept. An ESC that ended an OSC is that of what comes next. */
	bool is_inside = !escape_is_between(escape);
	size_t start = is_inside ? piece->start : piece->end;
	size_t at = piece->end;
	enum escape_kind kind = ESCAPE_NONE;

	if (is_inside && piece->kind == ESCAPE_OSC)
		start = at - 1;
	while (kind == ESCAPE_NONE && at < size) {
		if (bytes[at] == ESC && escape->state != IN_OSC)
			start = at;
		kind = escape_feed(escape, (unsigned char)bytes[at++]);
		if (kind == ESCAPE_NONE && escape_is_between(escape))
			start = at; /* one without meaning */
	}
	if (kind == ESCAPE_NONE)
		return false;
	if (kind == ESCAPE_TEXT_BYTE) {
		start = at - 1;
		at = text_end(bytes, at, size);
	}
	*piece = (struct escape_piece){ kind, start, at };
	return true;
}
