/* SPDX-License-Identifier: MIT */
/*
 * What a terminal has been told: its modes, and from where on its output
 * matters. Not what it shows: there is no terminal emulator in jig.
 *
 * A job's keeper feeds all that the job writes, and so knows what a terminal
 * that comes later must be told (screen_prepare(), screen_enter();
 * screen/replay/replay.h puts the two and the output together). A client feeds
 * all that its own terminal gets, from the first byte of that on, and so knows
 * how to undo it (screen_leave()), also when the keeper is gone.
 *
 * Invariant: of fixed size, pure, and the same however the stream is cut; a
 * zeroed struct is a fresh terminal. Modes that a terminal has and that are not
 * here are not restored: colours (OSC 4, 10, 11), tab stops, left and right
 * margins; nor is the rendition (SGR) that is set before what is replayed.
 */
#ifndef JIG_SCREEN_SCREEN_H
#define JIG_SCREEN_SCREEN_H

#include "base/list.h"
#include "screen/sequence.h"

/* Of the kitty keyboard protocol: what was pushed, the current flags on top. */
#define SCREEN_KEYBOARDS 8
struct screen_keyboard {
	uint8_t depth;
	uint8_t flags[SCREEN_KEYBOARDS + 1];
};

/* What DECSC and DECRC save and restore of it. */
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
#define SCREEN_TITLE ESCAPE_TEXT

struct screen {
	struct escape escape;
	uint64_t offset; /* bytes fed */
	uint64_t sequence; /* where the sequence in hand begins */

	/* [0] of the normal screen, [1] of the alternate one. */
	bool is_alternate;
	uint64_t begin[2];
	struct screen_keyboard keyboard[2];
	struct screen_charset saved[2];

	struct screen_span home, clear; /* the last of each */
	struct screen_span alternates[SCREEN_SPANS]; /* the last of them */
	unsigned alternate_count; /* of all, with the current one */
	uint64_t forgotten; /* end of the last that is not kept */

	uint32_t modes; /* bits of the table in screen.c: not the default */
	bool has_keypad;
	struct screen_charset charset;
	uint16_t region_top, region_bottom; /* 0, 0: none */
	uint16_t other_keys; /* xterm's modifyOtherKeys */
	uint8_t cursor; /* DECSCUSR */
	uint8_t titles; /* pushed */
	uint16_t title_size;
	char title[SCREEN_TITLE];
};

/** @size bytes more of the stream. */
void screen_feed(struct screen *screen, const char *bytes, size_t size);

static inline bool screen_is_alternate(const struct screen *screen)
{
	return screen->is_alternate;
}

/**
 * From where on the stream makes up what the screen in use shows.
 *
 * That is the last time that all of it was cleared, or when the alternate
 * screen was entered.
 *
 * @oldest  the offset from which on the stream is kept.
 * @return  an offset. On the normal screen at least @oldest and not in output
 *          of the alternate one; on the alternate one it may be lower: then
 *          that can only be drawn again by who drew it.
 */
uint64_t screen_begin(const struct screen *screen, uint64_t oldest);

/**
 * Append what a fresh terminal is to get before a replay: its title is pushed,
 * and the screen in use is entered (the alternate one is cleared).
 */
void screen_prepare(const struct screen *screen, struct buffer *ret);

/**
 * Append what it is to get behind a replay: the modes. The cursor stays where
 * it is, but for a program in origin mode, which is going to draw anew.
 */
void screen_enter(const struct screen *screen, struct buffer *ret);

/**
 * Append what brings a terminal that got all that @screen was fed back to a
 * fresh one's modes: nothing but a reset of the rendition when there is nothing
 * to undo. It begins by ending a sequence in hand, if there is one.
 */
void screen_leave(const struct screen *screen, struct buffer *ret);

#endif
