/* SPDX-License-Identifier: MIT */
/* Targets for a person to read: who would be hit, and who not and why. */
#ifndef JIG_CLI_KILL_TARGETS_TEXT_H
#define JIG_CLI_KILL_TARGETS_TEXT_H

#include "base/list.h"
#include "cli/kill/targets.h"

/**
 * A head, and a line for each: pid, ppid, pgid, sid, terminal, user, state,
 * command, and behind it what is special about it. Control characters become
 * '?'.
 *
 * @is_forced  bars do not hold.
 */
void targets_add_text(struct buffer *out, const struct targets *targets,
		      bool is_forced);

/** "jig itself", "init", …; NULL for TARGET_FREE. */
const char *target_bar_name(enum target_bar bar);

/** "pid 12 (comm)", fit for one line of a terminal. @return @buffer. */
const char *target_name(const struct target *target, char *buffer, size_t size);

#endif
