/* SPDX-License-Identifier: MIT */
/*
 * The options of `jig run`, as a table and as the settings that they make.
 *
 * libjig starts its guard as `jig run` with these options: what the library
 * can do and what the command line can do is one list.
 */
#ifndef JIG_CLI_RUN_OPTIONS_H
#define JIG_CLI_RUN_OPTIONS_H

#include "base/list.h"
#include "cli/command/command.h"
#include "cli/run/with/with.h"
#include "core/guard/guard.h"
#include "core/shared/plan.h"
#include "env/account.h"
#include "env/file.h"
#include "net/names.h"

enum leftover_policy {
	LEFTOVERS_REPORT,
	LEFTOVERS_FAIL,
	LEFTOVERS_IGNORE,
};

struct run_settings {
	struct plan plan;
	struct account account;
	struct list env; /* of char *: "NAME=value" from --env */
	struct list env_files; /* of const char *: "a,b", as they were given */
	struct list file_env; /* of char *: what they say, ours */
	enum env_dialect env_dialect;
	bool clear_env;
	const char *report_path;
	enum leftover_policy leftovers;
	int stop_signal; /* 0: not given */
	int64_t grace_us; /* -1: not given */
	bool policy_given; /* --stop */
	bool quiet, verbose;

	/* Readiness, sockets and output: run_ready.c. */
	struct list ready, listens, ports; /* of char *, as they were given */
	struct list live; /* of char *, too */
	struct list names; /* of struct name */
	struct list texts; /* of char *, ours */
	struct readiness readiness;
	struct liveness *liveness; /* NULL: nothing was asked for */
	struct capture capture;
	int ended_by; /* our status is this signal, see report_code(); 0: no */

	/* Fixtures around it: run_with.c. */
	struct with with;
	struct list kept; /* of int: their descriptors */
	struct list guards; /* of pid_t: plan.guards */
	struct list groups; /* of struct with_group */
	const char *next_with; /* of the option that has just split */
	const char *name; /* of the fixture whose settings these are */
};

/** The words of one --with. */
struct with_group {
	const char *shell;
	char **options; /* ours: NULL-terminated */
};

/** Settings before any option. */
void run_settings_init(struct run_settings *settings);

/** After the last option: check what they say together. @return 0, -errno. */
int run_settings_complete(struct run_settings *settings, struct fault *fault);

/**
 * Make what the command needs: sockets, probes, the environment.
 * @words  the command's, NULL-terminated; names in them are replaced.
 * @return 0 or -errno with the reason.
 */
int run_settings_open(struct run_settings *settings, char **words,
		      struct fault *fault);

void run_settings_free(struct run_settings *settings);

extern const struct option run_options[];

/* run.c */

/**
 * Run the guard, and say what there is to say about it on stderr.
 * @hooks  NULL: none.
 * @return  the exit status.
 */
int run_fixture(struct run_settings *settings, const struct guard_hooks *hooks,
		struct outcome *outcome);

/** A time of @least µs or more. @return 0 or -EINVAL with the reason. */
int option_time(const char *option, const char *value, int64_t least,
		int64_t *ret, struct fault *fault);

/** 1 to 1000000. @return 0 or -EINVAL with the reason. */
int option_count(const char *option, const char *value, unsigned *ret,
		 struct fault *fault);

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted);

/* run_ready.c */
int run_take_ready(void *settings, const char *value, struct fault *fault);
int run_take_or(void *settings, const char *value, struct fault *fault);
int run_take_start_timeout(void *settings, const char *value,
			   struct fault *fault);
int run_take_interval(void *settings, const char *value, struct fault *fault);
int run_take_ready_delay(void *settings, const char *value,
			 struct fault *fault);
int run_take_ready_timeout(void *settings, const char *value,
			   struct fault *fault);
int run_take_ready_successes(void *settings, const char *value,
			     struct fault *fault);
int run_take_listen(void *settings, const char *value, struct fault *fault);
int run_take_port(void *settings, const char *value, struct fault *fault);
int run_take_capture(void *settings, const char *value, struct fault *fault);
int run_take_ring_size(void *settings, const char *value, struct fault *fault);
int run_take_log(void *settings, const char *value, struct fault *fault);
int run_take_log_prefix(void *settings, const char *value, struct fault *fault);
int run_take_log_times(void *settings, const char *value, struct fault *fault);

/** Before anything has started: words that can never be right. */
int run_ready_check(const struct run_settings *settings, struct fault *fault);

/** Open sockets, probes and captures. */
int run_ready_complete(struct run_settings *settings, char **words,
		       struct fault *fault);
/** A name of ours, or of a fixture around us. @return 0 or -errno. */
int run_ready_add_name(struct run_settings *settings, const struct name *name,
		       struct fault *fault);
/** Once the environment is complete. */
void run_ready_env(struct run_settings *settings);
void run_ready_free(struct run_settings *settings);

/** Remove the files of unix sockets that --listen has made. */
void run_ready_remove_sockets(struct run_settings *settings);

/* run_live.c */
int run_take_live(void *settings, const char *value, struct fault *fault);
int run_take_live_interval(void *settings, const char *value,
			   struct fault *fault);
int run_take_live_timeout(void *settings, const char *value,
			  struct fault *fault);
int run_take_live_delay(void *settings, const char *value, struct fault *fault);
int run_take_live_failures(void *settings, const char *value,
			   struct fault *fault);

/** Before anything has started: words that can never be right. */
int run_live_check(const struct run_settings *settings, struct fault *fault);
/** Once its words stand. */
int run_live_complete(struct run_settings *settings, struct fault *fault);
void run_live_free(struct run_settings *settings);

/* run_with.c */
int run_take_with(void *settings, const char *value, struct fault *fault);
int run_take_name(void *settings, const char *value, struct fault *fault);
int run_take_if_dies(void *settings, const char *value, struct fault *fault);
int run_take_parallel(void *settings, const char *value, struct fault *fault);
int run_take_log_dir(void *settings, const char *value, struct fault *fault);

/**
 * Parse all options of `jig run`, those of each --with into a group.
 * @return  as options_parse().
 */
int run_with_parse(const struct command *command, int argc, char **argv,
		   struct run_settings *settings, struct fault *fault);

/** Start the fixtures. @return 0, or -errno with the reason. */
int run_with_start(struct run_settings *settings, struct fault *fault);

/**
 * Stop them. @asked  a signal has asked us to stop.
 * @return  the exit status, when without them it were @status.
 */
int run_with_stop(struct run_settings *settings, int status, bool asked);

void run_with_free(struct run_settings *settings);

/* run_env.c */
int run_take_env_file(void *settings, const char *value, struct fault *fault);
int run_take_env_dialect(void *settings, const char *value,
			 struct fault *fault);

/** Read the files of --env-file. @return 0 or -errno with the reason. */
int run_env_read(struct run_settings *settings, struct fault *fault);

/** Make plan.envp. @return 0 or -errno. */
int run_env_make(struct run_settings *settings);
void run_env_free(struct run_settings *settings);

/* run_limits.c */
int run_take_limit(void *settings, const char *value, struct fault *fault);
int run_take_memory(void *settings, const char *value, struct fault *fault);
int run_take_pids(void *settings, const char *value, struct fault *fault);
int run_take_cpu(void *settings, const char *value, struct fault *fault);

#endif
