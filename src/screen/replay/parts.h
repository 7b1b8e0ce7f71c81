/* SPDX-License-Identifier: MIT */
/*
 * The steps of a replay: find its start (rows.h counts rows for that), filter
 * the output. Both follow switches between the screens in the same way.
 */
#ifndef JIG_SCREEN_REPLAY_PARTS_H
#define JIG_SCREEN_REPLAY_PARTS_H

#include "screen/replay/replay.h"

/**
 * Where the last screenful starts.
 *
 * @ret_page  whether it needs an empty screen.
 * @return  an index into its bytes, at the start of a line.
 */
size_t replay_start(const struct replay *replay, bool *ret_page);

/**
 * Append the parts of @bytes to replay. @bytes begin between sequences.
 *
 * @is_normal  without output to the alternate screen.
 */
void replay_filter(const char *bytes, size_t size, bool is_normal,
		   struct buffer *ret);

enum replay_switch {
	REPLAY_STAYS, /* not a switch */
	REPLAY_SWITCHES,
	/* 1049 also saves the cursor of the normal screen, and restores it; a
	 * restore counts only if the alternate screen was not entered. */
	REPLAY_SAVES,
	REPLAY_RESTORES,
};

/** Whether @sequence switches the screen; if so, set *@is_alternate. */
enum replay_switch replay_follow(const struct sequence *sequence,
				 enum sequence_kind kind, bool *is_alternate);

#endif
