/* SPDX-License-Identifier: MIT */
/*
 * The commands of jig-up, one file for each. main.c parses the options, then
 * calls one of these functions with the other words.
 *
 * Invariant: each returns an exit status, and has printed its errors.
 *
 * What does not belong here: options (cli/command), and the run of a project
 * (run.h).
 */
#ifndef JIG_UP_COMMANDS_H
#define JIG_UP_COMMANDS_H

#include "cli/command/up_options.h"

/** The arguments of a command. */
struct request {
	const char *jig; /* the jig program */
	struct up_settings *settings;
	char **words; /* NULL-terminated */
	int count;
	bool bare; /* neither words nor options were given */
	char **around; /* after "--", NULL-terminated; or NULL */
};

int run_up(const struct request *request);
int run_start(const struct request *request);
int run_check(const struct request *request);
int run_exec(const struct request *request);
int run_export(const struct request *request);
int run_import(const struct request *request);
int run_ps(const struct request *request);
int run_reload(const struct request *request);
int run_restart(const struct request *request);
int run_stop(const struct request *request);
int run_scale(const struct request *request);
int run_logs(const struct request *request);
int run_attach(const struct request *request);
int run_down(const struct request *request);

/** As `jig reload`. @all  wait until all services are ready, as `jig up -D`. */
int reload_ask(const struct up_settings *settings, bool all);

/** Print the reason; returns status 1, as Foreman and Honcho do. */
int failed(const struct fault *fault);

#endif
