/* SPDX-License-Identifier: MIT */
/*
 * The state of a terminal after some output: its modes, and the place in the
 * output from which on the screen is made. The contents of the screen do not
 * belong here: jig has no terminal emulator.
 *
 * A job's keeper feeds all output of the job. For a terminal that attaches
 * later, screen_prepare() and screen_enter() then make the sequences that set
 * this state (screen/replay/replay.h joins them and the output). A client feeds
 * all that it writes to its own terminal, from the first byte on;
 * screen_leave() then undoes it, even if the keeper is dead.
 *
 * Invariant: fixed size; pure; the result does not depend on how the stream is
 * cut; a zeroed struct is a fresh terminal. Not restored: colours (OSC 4, 10,
 * 11), tab stops, left and right margins, and the rendition (SGR) that was set
 * before the replayed output.
 */
#ifndef JIG_SCREEN_SCREEN_H
#define JIG_SCREEN_SCREEN_H

#include "base/list.h"
#include "screen/sequence.h"

/* The stack of the kitty keyboard protocol; its top: the current flags. */
#define SCREEN_KEYBOARDS 8
struct screen_keyboard {
	uint8_t depth;
	uint8_t flags[SCREEN_KEYBOARDS + 1];
};

/* The part of the state that DECSC and DECRC save and restore. */
struct screen_charset {
	char g0, g1; /* as designated: '0' line drawing; 0: ASCII */
	bool is_g1;
	bool has_origin;
};

/** A span of the stream, in bytes from its start. */
struct screen_span {
	uint64_t start, end;
};

#define SCREEN_SPANS 8
#define SCREEN_TITLE SEQUENCE_TEXT

struct screen {
	struct sequence sequence;
	uint64_t offset; /* bytes fed */
	uint64_t sequence_start; /* of the unfinished, or last, sequence */

	/* [0]: of the normal screen, [1]: of the alternate one. */
	bool is_alternate;
	uint64_t begin[2];
	struct screen_keyboard keyboard[2];
	struct screen_charset saved[2];

	struct screen_span home, clear; /* the last one of each */
	struct screen_span alternates[SCREEN_SPANS]; /* a ring: the last ones */
	unsigned alternate_count; /* of all so far, the current one included */
	uint64_t forgotten; /* end of the last one that left the ring */

	uint32_t modes; /* a bit for each of screen_modes: not the default */
	bool has_keypad;
	struct screen_charset charset;
	uint16_t region_top, region_bottom; /* 0, 0: none */
	uint16_t other_keys; /* xterm's modifyOtherKeys */
	uint8_t cursor; /* DECSCUSR */
	uint8_t titles; /* pushed */
	uint16_t title_size;
	char title[SCREEN_TITLE];
};

/** The next @size bytes of the stream. */
void screen_feed(struct screen *screen, const char *bytes, size_t size);

static inline bool screen_is_alternate(const struct screen *screen)
{
	return screen->is_alternate;
}

/**
 * The offset from which on the stream makes the contents of the current screen:
 * where all of it was cleared last, or the alternate screen was entered.
 *
 * @oldest  the stream is available from this offset on.
 * @return  an offset. On the normal screen it is at least @oldest, and not in
 *          output of the alternate screen. On the alternate screen it may be
 *          lower: then only the program can draw the screen again.
 */
uint64_t screen_begin(const struct screen *screen, uint64_t oldest);

/**
 * Append what a fresh terminal gets before a replay: its title is pushed, and
 * the current screen is entered (the alternate one is cleared).
 */
void screen_prepare(const struct screen *screen, struct buffer *ret);

/**
 * Append what it gets after a replay: the modes. The cursor does not move,
 * except in origin mode, where the program is going to redraw.
 */
void screen_enter(const struct screen *screen, struct buffer *ret);

/**
 * Append what sets the modes of a fresh terminal, for a terminal that got all
 * that @screen was fed. If there is nothing to undo, this is only a reset of
 * the rendition. It first ends an unfinished sequence.
 */
void screen_leave(const struct screen *screen, struct buffer *ret);

#endif
