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
	IN_STRING, /* DCS, SOS, PM, APC, the title of screen(1): ignored */
};

static enum sequence_kind screen_sequence_end(struct sequence *sequence,
					      unsigned char final,
					      enum sequence_kind kind)
{
	sequence->state = BETWEEN;
	sequence->final = (char) final;
	return sequence->is_wrong ? SEQUENCE_NONE : kind;
}

/* An ESC ends a sequence: it begins ST, or a new sequence. */
static enum sequence_kind screen_sequence_begin(struct sequence *sequence)
{
	bool was_osc = sequence->state == IN_OSC;

	sequence->state = AFTER_ESC;
	sequence->mark = 0;
	sequence->intermediate = 0;
	sequence->is_wrong = false;
	return was_osc ? SEQUENCE_OSC : SEQUENCE_NONE;
}

static enum sequence_kind cancel(struct sequence *sequence,
				 enum sequence_kind kind)
{
	sequence->state = BETWEEN;
	return kind;
}

static void add_intermediate(struct sequence *sequence, unsigned char byte)
{
	/* Two are allowed, but no sequence that we know has two. */
	if (sequence->intermediate)
		sequence->is_wrong = true;
	sequence->intermediate = (char)byte;
}

static void begin_csi(struct sequence *sequence)
{
	sequence->state = IN_CSI;
	sequence->count = 0;
	for (unsigned i = 0; i < SEQUENCE_NUMBERS; i++)
		sequence->numbers[i] = 0;
}

static enum sequence_kind after_esc(struct sequence *sequence,
				    unsigned char byte)
{
	if (byte < 0x30) {
		add_intermediate(sequence, byte);
		return SEQUENCE_NONE;
	}
	if (sequence->intermediate)
		return screen_sequence_end(sequence, byte, SEQUENCE_SHORT);
	switch (byte) {
	case '[':
		begin_csi(sequence);
		return SEQUENCE_NONE;
	case ']':
		sequence->state = IN_OSC;
		sequence->length = 0;
		return SEQUENCE_NONE;
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
	case 'k': /* the window's name, with TERM=screen and tmux */
		sequence->state = IN_STRING;
		return SEQUENCE_NONE;
	default:
		return screen_sequence_end(sequence, byte, SEQUENCE_SHORT);
	}
}

static void add_digit(struct sequence *sequence, unsigned digit)
{
	if (sequence->count == 0)
		sequence->count = 1;
	if (sequence->count > SEQUENCE_NUMBERS)
		return;

	uint16_t *number = &sequence->numbers[sequence->count - 1];
	unsigned value = *number * 10U + digit;

	*number = value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* A colon separates parts of one number; only colours have them. */
static void add_separator(struct sequence *sequence)
{
	if (sequence->count == 0)
		sequence->count = 1;
	if (sequence->count <= SEQUENCE_NUMBERS)
		sequence->count++;
}

static void add_parameter(struct sequence *sequence, unsigned char byte)
{
	bool is_mark = byte > ';';

	if (sequence->intermediate ||
	    (is_mark && (sequence->count > 0 || sequence->mark)))
		sequence->is_wrong = true;
	else if (is_mark)
		sequence->mark = (char)byte;
	else if (byte <= '9')
		add_digit(sequence, byte - '0');
	else
		add_separator(sequence);
}

static enum sequence_kind in_csi(struct sequence *sequence, unsigned char byte)
{
	if (byte < 0x30)
		add_intermediate(sequence, byte);
	else if (byte < 0x40)
		add_parameter(sequence, byte);
	else {
		if (sequence->count > SEQUENCE_NUMBERS)
			sequence->count = SEQUENCE_NUMBERS;
		return screen_sequence_end(sequence, byte, SEQUENCE_CSI);
	}
	return SEQUENCE_NONE;
}

static enum sequence_kind in_osc(struct sequence *sequence, unsigned char byte)
{
	if (byte == BEL)
		return screen_sequence_end(sequence, byte, SEQUENCE_OSC);
	if (byte >= 0x20 && sequence->length < SEQUENCE_TEXT)
		sequence->text[sequence->length++] = (char)byte;
	return SEQUENCE_NONE;
}

enum sequence_kind sequence_feed(struct sequence *sequence, unsigned char byte)
{
	if (byte == ESC)
		return screen_sequence_begin(sequence);
	if (byte == CAN || byte == SUB)
		return cancel(sequence, SEQUENCE_CONTROL);
	if (sequence->state == IN_STRING)
		return SEQUENCE_NONE;
	if (sequence->state == IN_OSC)
		return in_osc(sequence, byte);
	if (byte < 0x20 || byte == DEL)
		return SEQUENCE_CONTROL;
	if (byte >= 0x80)
		return cancel(sequence, SEQUENCE_TEXT_BYTE);
	switch (sequence->state) {
	case AFTER_ESC:
		return after_esc(sequence, byte);
	case IN_CSI:
		return in_csi(sequence, byte);
	default:
		return SEQUENCE_TEXT_BYTE;
	}
}

bool sequence_is_string(const struct sequence *sequence)
{
	return sequence->state == IN_OSC || sequence->state == IN_STRING;
}

unsigned sequence_number(const struct sequence *sequence, unsigned index,
			 unsigned otherwise)
{
	if (index >= sequence->count || sequence->numbers[index] == 0)
		return otherwise;
	return sequence->numbers[index];
}

static bool screen_sequence_is_text(char byte)
{
	return (unsigned char)byte >= 0x20 && byte != DEL;
}

static size_t text_end(const char *bytes, size_t at, size_t size)
{
	while (at < size && screen_sequence_is_text(bytes[at]))
		at++;
	return at;
}

bool sequence_next(struct sequence *sequence, const char *bytes, size_t size,
		   struct sequence_piece *piece)
{
	/* A control inside a sequence is a piece of its own: piece->start is
	 * still the start of the sequence. The ESC that ends an OSC belongs to
	 * the next piece. */
	bool is_inside = !sequence_is_between(sequence);
	size_t start = is_inside ? piece->start : piece->end;
	size_t at = piece->end;
	enum sequence_kind kind = SEQUENCE_NONE;

	if (is_inside && piece->kind == SEQUENCE_OSC)
		start = at - 1;
	while (kind == SEQUENCE_NONE && at < size) {
		if (bytes[at] == ESC && sequence->state != IN_OSC)
			start = at;
		kind = sequence_feed(sequence, (unsigned char)bytes[at++]);
		if (kind == SEQUENCE_NONE && sequence_is_between(sequence))
			start = at; /* a sequence was ignored */
	}
	if (kind == SEQUENCE_NONE)
		return false;
	if (kind == SEQUENCE_TEXT_BYTE) {
		start = at - 1;
		at = text_end(bytes, at, size);
	}
	*piece = (struct sequence_piece){ kind, start, at };
	return true;
}
