/* SPDX-License-Identifier: MIT */
/*
 * What a terminal is shown of output that it has not seen: the last screenful.
 *
 * It gets the output itself, from a line's beginning on, without what would
 * make it answer (DA, DSR, DECRQM, colour queries, DCS), beep, change for good
 * (titles, clipboards, colours, resets) or lose its scrollback. No cells are
 * kept anywhere, so what it shows is as true as the output that is kept
 * reaches back; the rows are counted as a terminal of that size counts them,
 * each character one column wide.
 *
 * Pure, but for memory of the buffer: look at its error.
 */
#ifndef JIG_SCREEN_REPLAY_REPLAY_H
#define JIG_SCREEN_REPLAY_REPLAY_H

#include "screen/screen.h"

struct replay {
	const char *bytes; /* what is kept of the output: its end */
	size_t size;
	unsigned rows, columns; /* of the terminal; 0: 24 and 80 */
	bool is_cut; /* output came before, where the cursor was is unknown */
};

/**
 * Append all that a client's terminal is to get when it attaches: title, screen
 * in use, its last screenful, modes, and the beginning of a sequence or
 * character that the output goes on with. The cursor is to be in the first
 * column.
 *
 * @replay  its bytes end where @screen does; is_cut is not looked at.
 * @ret_drawn  whether the screen is complete. If not (the alternate screen, of
 *             which too much is gone) have the job draw it: SIGWINCH.
 * @return  0 or -ENOMEM.
 */
int replay_attach(const struct screen *screen, const struct replay *replay,
		  struct buffer *ret, bool *ret_drawn);

/**
 * Append the last rows of output of the normal screen (what is of the alternate
 * one is left out); a long line counts for several.
 *
 * Begins by resetting the rendition. When the output goes to rows by their
 * numbers or clears the screen, it begins on a screen of its own: what the
 * terminal shows goes up into its scrollback.
 */
void replay_lines(const struct replay *replay, struct buffer *ret);

/** Append all of the output, of whatever screen it is. */
void replay_whole(const struct replay *replay, struct buffer *ret);

#endif
