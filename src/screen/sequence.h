/* SPDX-License-Identifier: MIT */
/*
 * What a program writes to its terminal, told apart: text, control characters
 * and control sequences (ECMA-48), one byte after another.
 *
 * The states are those of Paul Williams' diagram of a DEC terminal
 * (vt100.net/emu/dec_ansi_parser), with UTF-8 in mind: bytes from 0x80 on are
 * text, never C1 controls, and inside a sequence they cancel it.
 *
 * Invariant: a zeroed struct is between sequences; it never grows; a stream
 * that is cut anywhere gives the same as one that is not. What a sequence means
 * does not belong here. base/text/ansi.h takes sequences out of whole texts.
 */
#ifndef JIG_SCREEN_SEQUENCE_H
#define JIG_SCREEN_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESCAPE_NUMBERS 16
#define ESCAPE_TEXT 256

enum escape_kind {
	ESCAPE_NONE, /* inside a sequence, or the end of one without meaning */
	ESCAPE_TEXT_BYTE,
	ESCAPE_CONTROL, /* C0 or DEL; also amid a sequence, which goes on */
	ESCAPE_SHORT, /* ESC, intermediate, final */
	ESCAPE_CSI,
	ESCAPE_OSC, /* ends before the ESC of its ST, or with its BEL */
};

/* Of the sequence that escape_feed() has just ended: */
struct escape {
	uint8_t state;
	char mark; /* of a CSI: '<', '=', '>', '?', or 0 */
	char intermediate; /* 0x20 to 0x2f, or 0 */
	char final;
	bool is_wrong; /* not well formed: ends without meaning */
	uint8_t count; /* numbers that were given; what is too many is left */
	uint16_t numbers[ESCAPE_NUMBERS]; /* those not given are 0 */
	uint16_t length;
	char text[ESCAPE_TEXT]; /* an OSC's, cut to fit, no NUL behind it */
};

enum escape_kind escape_feed(struct escape *escape, unsigned char byte);

static inline bool escape_is_between(const struct escape *escape)
{
	return escape->state == 0;
}

/** Whether a string (OSC, DCS, …) has begun and not ended. */
bool escape_is_string(const struct escape *escape);

/** A number of a CSI; @otherwise where it is 0 or not given. */
unsigned escape_number(const struct escape *escape, unsigned index,
		       unsigned otherwise);

/** One piece of a whole buffer. */
struct escape_piece {
	enum escape_kind kind;
	size_t start, end; /* of its bytes; a control is the last of them */
};

/**
 * The next piece of @bytes, from @piece->end on; begin with a zeroed piece.
 *
 * Text comes as one piece up to the next control. An unfinished sequence at the
 * end is no piece.
 *
 * @return  whether there is one.
 */
bool escape_next(struct escape *escape, const char *bytes, size_t size,
		 struct escape_piece *piece);

#endif
