/* SPDX-License-Identifier: MIT */
/*
 * The modes that are on or off, in one table for who reads and who writes them.
 */
#ifndef JIG_JOB_SCREEN_MODES_H
#define JIG_JOB_SCREEN_MODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
