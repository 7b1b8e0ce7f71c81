/* SPDX-License-Identifier: MIT */
/*
 * What each command does, once its options are parsed. Each gets the words
 * behind its options and returns an exit status.
 */
#ifndef JIG_UP_COMMANDS_H
#define JIG_UP_COMMANDS_H

#include "cli/command/up_options.h"

/** What a command is given. */
struct request {
	const char *jig; /* the jig program */
	struct up_settings *settings;
	char **words; /* NULL-terminated */
	int count;
	char **around; /* behind "--", NULL-terminated; or NULL */
};

int run_up(const struct request *request);
int run_start(const struct request *request);
int run_check(const struct request *request);
int run_exec(const struct request *request);
int run_export(const struct request *request);
int run_ps(const struct request *request);
int run_restart(const struct request *request);
int run_stop(const struct request *request);
int run_scale(const struct request *request);
int run_logs(const struct request *request);
int run_attach(const struct request *request);
int run_down(const struct request *request);

/** Say why, and give the status for it: 1, as Foreman and Honcho do. */
int failed(const struct fault *fault);

#endif
