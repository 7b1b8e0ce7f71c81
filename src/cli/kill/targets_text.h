/* SPDX-License-Identifier: MIT */
/* Targets as text: which ones get the signal, and why others do not. */
#ifndef JIG_CLI_KILL_TARGETS_TEXT_H
#define JIG_CLI_KILL_TARGETS_TEXT_H

#include "base/list.h"
#include "cli/kill/targets.h"

/**
 * A header, and a line for each: pid, ppid, pgid, sid, terminal, user, state,
 * command, notes. Control characters become '?'.
 *
 * @is_forced  ignore bars.
 */
void targets_add_text(struct buffer *out, const struct targets *targets,
		      bool is_forced);

/** "jig itself", "init", …; NULL for TARGET_FREE. */
const char *target_bar_name(enum target_bar bar);

/** "pid 12 (comm)", without control characters. @return @buffer. */
const char *target_name(const struct target *target, char *buffer, size_t size);

#endif
