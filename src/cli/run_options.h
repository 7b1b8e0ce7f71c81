/* SPDX-License-Identifier: MIT */
/*
 * The options of `jig run`, as a table and as the settings that they make.
 *
 * libjig starts its guard as `jig run` with these options: what the library
 * can do and what the command line can do is one list.
 */
#ifndef JIG_CLI_RUN_OPTIONS_H
#define JIG_CLI_RUN_OPTIONS_H

#include "app/account.h"
#include "base/list.h"
#include "cli/command.h"
#include "core/plan.h"

enum leftover_policy {
	LEFTOVERS_REPORT,
	LEFTOVERS_FAIL,
	LEFTOVERS_IGNORE,
};

struct run_settings {
	struct plan plan;
	struct account account;
	struct list env; /* of char *: "NAME=value" from --env */
	bool clear_env;
	const char *report_path;
	enum leftover_policy leftovers;
	int stop_signal; /* 0: not given */
	int64_t grace_us; /* -1: not given */
	bool policy_given; /* --stop */
	bool quiet, verbose;
};

/** Settings before any option. */
void run_settings_init(struct run_settings *settings);

/**
 * After the last option: the policy, the environment.
 * @return 0 or -errno with the reason.
 */
int run_settings_complete(struct run_settings *settings, struct fault *fault);

void run_settings_free(struct run_settings *settings);

extern const struct option run_options[];

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted);

/* run_limits.c */
int run_take_limit(void *settings, const char *value, struct fault *fault);
int run_take_memory(void *settings, const char *value, struct fault *fault);
int run_take_pids(void *settings, const char *value, struct fault *fault);
int run_take_cpu(void *settings, const char *value, struct fault *fault);

#endif
