/* SPDX-License-Identifier: MIT */
/*
 * The parts of a replay: where it starts, and what of it is left.
 */
#ifndef JIG_JOB_REPLAY_PARTS_H
#define JIG_JOB_REPLAY_PARTS_H

#include "job/replay.h"

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

/** Follow the switches of the screen. @return whether it is one. */
bool replay_switch(const struct escape *escape, enum escape_kind kind,
		   bool *is_alternate);

#endif
