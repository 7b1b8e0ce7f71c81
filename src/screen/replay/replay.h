/* SPDX-License-Identifier: MIT */
/*
 * The last screenful of output, for a terminal that has not seen this output.
 *
 * The terminal gets the output itself, from the start of a line on, without
 * sequences that would make it answer (DA, DSR, DECRQM, colour queries, DCS),
 * beep, change permanently (titles, clipboards, colours, resets) or lose its
 * scrollback. jig stores no cells, so the result is exact only as far back as
 * the output was stored. Rows are counted as a terminal of that size counts
 * them, with each character one column wide.
 *
 * Pure, except for the buffer's memory: check its error.
 */
#ifndef JIG_SCREEN_REPLAY_REPLAY_H
#define JIG_SCREEN_REPLAY_REPLAY_H

#include "screen/screen.h"

struct replay {
	const char *bytes; /* the last part of the output */
	size_t size;
	unsigned rows, columns; /* of the terminal; 0: 24 and 80 */
	bool is_cut; /* more output came before: the cursor is unknown */
};

/**
 * Append all that a client's terminal gets when it attaches: title, current
 * screen, its last screenful, modes, and an incomplete sequence or character,
 * which later output completes. The cursor must be in the first column.
 *
 * @replay  its bytes end where @screen does; is_cut is ignored.
 * @ret_drawn  whether the screen is complete. If not (the start of the
 * alternate screen is no longer stored), make the job redraw: SIGWINCH.
 * @return  0 or -ENOMEM.
 */
int replay_attach(const struct screen *screen, const struct replay *replay,
		  struct buffer *ret, bool *ret_drawn);

/**
 * Append the last rows of output of the normal screen (without output to the
 * alternate one); a long line counts as several rows.
 *
 * First resets the rendition. If the output addresses rows by number or clears
 * the screen, it begins on an empty screen: the old contents go up into the
 * scrollback.
 */
void replay_lines(const struct replay *replay, struct buffer *ret);

/** Append all output, of both screens. */
void replay_whole(const struct replay *replay, struct buffer *ret);

#endif
