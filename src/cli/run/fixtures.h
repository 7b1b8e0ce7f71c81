/* SPDX-License-Identifier: MIT */
/*
 * `jig run --with 'server' … -- command`: from options to running fixtures.
 *
 * Words after a --with, up to the next --with, are options of that fixture, and
 * are passed to its guard. They are parsed here as well, so that a wrong option
 * is an error before anything starts.
 */
#ifndef JIG_CLI_RUN_FIXTURES_H
#define JIG_CLI_RUN_FIXTURES_H

#include "cli/command/command.h"
#include "cli/run/option/settings.h"
#include "core/guard/guard.h"

/**
 * Parse all options of `jig run`, those of each --with into a group.
 * @return  as options_parse().
 */
int run_with_parse(const struct command *command, int argc, char **argv,
		   struct run_settings *settings, struct fault *fault);

/** Start the fixtures. @return 0, or -errno with the reason. */
int run_with_start(struct run_settings *settings, struct fault *fault);

/**
 * Stop the fixtures.
 * @status   the exit status without fixtures.
 * @outcome  the signals that have requested our stop.
 * @return   the exit status with them.
 */
int run_with_stop(struct run_settings *settings, int status,
		  const struct outcome *outcome);

#endif
