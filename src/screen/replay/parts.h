/* SPDX-License-Identifier: MIT */
/*
 * The parts of a replay: where it starts, and what of it is left.
 */
#ifndef JIG_SCREEN_REPLAY_PARTS_H
#define JIG_SCREEN_REPLAY_PARTS_H

#include "screen/replay/replay.h"

/**
 * Where the last screenful starts.
 *
 * @ret_page  whether it needs a screen of its own.
 * @return  an index into its bytes, at a line's beginning.
 */
size_t replay_start(const struct replay *replay, bool *ret_page);

/**
 * Append what of @bytes is to be replayed. They begin between sequences.
 *
 * @is_normal  leave out what is written to the alternate screen.
 */
void replay_filter(const char *bytes, size_t size, bool is_normal,
		   struct buffer *ret);

enum replay_switch {
	REPLAY_STAYS, /* It is something else. */
	REPLAY_SWITCHES,
	/* On the normal screen 1049 saves and restores the cursor as well; what
	 * it restores on leaving matters only when nothing was entered. */
	REPLAY_SAVES,
	REPLAY_RESTORES,
};

/** Follow the switches of the screen, of which @escape may be one. */
enum replay_switch replay_follow(const struct escape *escape,
				 enum escape_kind kind, bool *is_alternate);

#endif
