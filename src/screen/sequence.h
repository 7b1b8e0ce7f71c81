/* SPDX-License-Identifier: MIT */
/*
 * A parser for what a program writes to its terminal, byte by byte: text,
 * control characters and control sequences (ECMA-48).
 *
 * The states are those of Paul Williams' diagram of a DEC terminal
 * (vt100.net/emu/dec_ansi_parser), changed for UTF-8: a byte from 0x80 on is
 * text, never a C1 control, and cancels a sequence.
 *
 * Invariant: a zeroed struct is between sequences; its size is fixed; the
 * result does not depend on how the stream is cut. The meaning of a sequence
 * does not belong here. base/text/ansi.h removes sequences from whole texts.
 */
#ifndef JIG_SCREEN_SEQUENCE_H
#define JIG_SCREEN_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEQUENCE_NUMBERS 16
#define SEQUENCE_TEXT 256

enum sequence_kind {
	SEQUENCE_NONE, /* inside a sequence, or the end of an ignored one */
	SEQUENCE_TEXT_BYTE,
	SEQUENCE_CONTROL, /* C0 or DEL; does not end a sequence */
	SEQUENCE_SHORT, /* ESC, intermediate, final */
	SEQUENCE_CSI,
	SEQUENCE_OSC, /* ends before the ESC of its ST, or with its BEL */
};

/* After sequence_feed() has returned the end of a sequence, that sequence. */
struct sequence {
	uint8_t state;
	char mark; /* of a CSI: '<', '=', '>', '?', or 0 */
	char intermediate; /* 0x20 to 0x2f, or 0 */
	char final;
	bool is_wrong; /* malformed: ignored at its end */
	uint8_t count; /* numbers that were given; more are ignored */
	uint16_t numbers[SEQUENCE_NUMBERS]; /* 0: not given */
	uint16_t length;
	char text[SEQUENCE_TEXT]; /* of an OSC: cut, not NUL-terminated */
};

enum sequence_kind sequence_feed(struct sequence *sequence, unsigned char byte);

static inline bool sequence_is_between(const struct sequence *sequence)
{
	return sequence->state == 0;
}

/** Whether a string (OSC, DCS, …) has begun and not ended. */
bool sequence_is_string(const struct sequence *sequence);

/** A number of a CSI; @otherwise if it is 0 or not given. */
unsigned sequence_number(const struct sequence *sequence, unsigned index,
			 unsigned otherwise);

/** One piece of a whole buffer. */
struct sequence_piece {
	enum sequence_kind kind;
	size_t start, end; /* of its bytes; a control is the last one */
};

/**
 * The next piece of @bytes, from @piece->end on; begin with a zeroed piece.
 *
 * Text up to the next control is one piece. An unfinished sequence at the end
 * is not a piece.
 *
 * @return  whether there is a next piece.
 */
bool sequence_next(struct sequence *sequence, const char *bytes, size_t size,
		   struct sequence_piece *piece);

#endif
