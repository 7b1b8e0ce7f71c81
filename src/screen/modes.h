/* SPDX-License-Identifier: MIT */
/*
 * Parts of a screen: the modes that are on or off, in one table for who reads
 * and who writes them, and what changes them and the keyboard's flags.
 */
#ifndef JIG_SCREEN_MODES_H
#define JIG_SCREEN_MODES_H

#include "screen/screen.h"

struct screen_mode {
	char mark; /* '?': DECSET, 0: SM */
	uint16_t number;
	bool is_on; /* by default */
	bool is_brief; /* left, but never entered */
};

/* In the order in which they are entered: where a terminal holds only one of
 * several (mouse, its encoding), the last is what programs mean. */
extern const struct screen_mode screen_modes[];
extern const size_t screen_mode_count; /* 32 at most */

/** One of the table; others are nothing to us. */
void screen_set_flag(struct screen *screen, char mark, unsigned number,
		     bool on);

/** SM, RM, DECSET and DECRST: the sequence that has just ended. */
void screen_set_modes(struct screen *screen, bool on);

/** Back to the normal screen, from where the stream is on. */
void screen_leave_alternate(struct screen *screen);

/** DECSC and DECRC. */
void screen_save(struct screen *screen);
void screen_restore(struct screen *screen);

/** ESC [ < = > u: the kitty keyboard protocol. */
void screen_change_keyboard(struct screen *screen);

#endif
