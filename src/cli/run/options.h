/* SPDX-License-Identifier: MIT */
/*
 * The options of `jig run`, as tables in the order of the help: those of a
 * command, those about fixtures of --with, and limits. `jig start` and
 * `jig session` have the first and the last.
 *
 * libjig starts its guard as `jig run` with these options: the library and the
 * command line share one list. The options are in cli/run/option, by subject;
 * this module only joins them.
 */
#ifndef JIG_CLI_RUN_OPTIONS_H
#define JIG_CLI_RUN_OPTIONS_H

#include "cli/command/command.h"
#include "cli/run/option/settings.h"

extern const struct option run_options[], run_with_options[],
	run_limit_options[];

/** After the last option: check the options together. @return 0, -errno. */
int run_settings_complete(struct run_settings *settings, struct fault *fault);

/**
 * Make what the command needs: sockets, probes, the environment.
 * @words  the command's, NULL-terminated; names in them are replaced.
 * @return 0 or -errno with the reason.
 */
int run_settings_open(struct run_settings *settings, char **words,
		      struct fault *fault);

void run_settings_free(struct run_settings *settings);

#endif
