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

	/* Readiness, sockets and output: run_ready.c. */
	struct list ready, listens, ports; /* of char *, as they were given */
	struct list names; /* of struct name */
	struct list texts; /* of char *, ours */
	struct readiness readiness;
	struct capture capture;
};

/** Settings before any option. */
void run_settings_init(struct run_settings *settings);

/**
 * After the last option: the policy, sockets, probes, the environment.
 * @words  the command's, NULL-terminated; names in them are replaced.
 * @return 0 or -errno with the reason.
 */
int run_settings_complete(struct run_settings *settings, char **words,
			  struct fault *fault);

void run_settings_free(struct run_settings *settings);

extern const struct option run_options[];

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted);

/* run_ready.c */
int run_take_ready(void *settings, const char *value, struct fault *fault);
int run_take_or(void *settings, const char *value, struct fault *fault);
int run_take_start_timeout(void *settings, const char *value,
			   struct fault *fault);
int run_take_interval(void *settings, const char *value, struct fault *fault);
int run_take_listen(void *settings, const char *value, struct fault *fault);
int run_take_port(void *settings, const char *value, struct fault *fault);
int run_take_capture(void *settings, const char *value, struct fault *fault);
int run_take_ring_size(void *settings, const char *value, struct fault *fault);
int run_take_log(void *settings, const char *value, struct fault *fault);
int run_take_log_prefix(void *settings, const char *value, struct fault *fault);
int run_take_log_times(void *settings, const char *value, struct fault *fault);

/** Open sockets, probes and captures. */
int run_ready_complete(struct run_settings *settings, char **words,
		       struct fault *fault);
/** Once the environment is complete. */
void run_ready_env(struct run_settings *settings);
void run_ready_free(struct run_settings *settings);

/* run_limits.c */
int run_take_limit(void *settings, const char *value, struct fault *fault);
int run_take_memory(void *settings, const char *value, struct fault *fault);
int run_take_pids(void *settings, const char *value, struct fault *fault);
int run_take_cpu(void *settings, const char *value, struct fault *fault);

#endif
