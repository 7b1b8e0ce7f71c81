/* SPDX-License-Identifier: MIT */
/*
 * `jig run --events`: notifications about the command, for a program that only
 * listens.
 *
 * Invariant: until the end of the fixture no write waits for the reader.
 */
#ifndef JIG_CLI_RUN_EVENTS_H
#define JIG_CLI_RUN_EVENTS_H

#include "cli/run/option/settings.h"
#include "core/guard/guard.h"

/** Open it, if it was requested. @return 0 or -errno with the reason. */
int run_events_open(struct run_settings *settings, struct fault *fault);

/** Events, for struct guard_hooks. */
void run_events_started(struct run_settings *settings,
			const struct guard *guard);
void run_events_ready(struct run_settings *settings, const struct guard *guard);
void run_events_unhealthy(struct run_settings *settings,
			  const struct guard *guard);

/** The last one. @status  the exit status of jig. */
void run_events_ended(struct run_settings *settings,
		      const struct outcome *outcome, int status);

/** Wait until the reader has all of it. @return 0 or -errno. */
int run_events_finish(struct run_settings *settings);

#endif
