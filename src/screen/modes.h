/* SPDX-License-Identifier: MIT */
/*
 * Parts of a screen: one table of the modes that are on or off, for reading and
 * for writing, and the functions that change them and the keyboard's flags.
 */
#ifndef JIG_SCREEN_MODES_H
#define JIG_SCREEN_MODES_H

#include "screen/screen.h"

struct screen_mode {
	char mark; /* '?': DECSET, 0: SM */
	uint16_t number;
	bool is_on; /* by default */
	bool is_brief; /* switched off, but never on: not restored */
};

/* In the order in which they are switched on: where a terminal has only one of
 * several (mouse, its encoding), programs mean the last one. */
extern const struct screen_mode screen_modes[];
extern const size_t screen_mode_count; /* 32 at most */

/** A mode of the table; others are ignored. */
void screen_set_flag(struct screen *screen, char mark, unsigned number,
		     bool on);

/** SM, RM, DECSET and DECRST: the sequence that has just ended. */
void screen_set_modes(struct screen *screen, bool on);

/** Back to the normal screen, from this place in the stream on. */
void screen_leave_alternate(struct screen *screen);

/** DECSC and DECRC. */
void screen_save(struct screen *screen);
void screen_restore(struct screen *screen);

/** ESC [ < = > u: the kitty keyboard protocol. */
void screen_change_keyboard(struct screen *screen);

#endif
