/* SPDX-License-Identifier: MIT */
/*
 * The guard, run by a command: `jig run`, or the keeper of a job.
 */
#ifndef JIG_CLI_RUN_RUN_H
#define JIG_CLI_RUN_RUN_H

#include "cli/run/option/settings.h"
#include "tty/page.h"

/**
 * Run the guard, and print on stderr what the user must know about it.
 * @hooks  NULL: none.
 * @return  the exit status.
 */
int run_fixture(struct run_settings *settings, const struct guard_hooks *hooks,
		struct outcome *outcome);

/** The exit statuses of `jig run`, for the help. */
extern const struct page_pair run_statuses[];

#endif
