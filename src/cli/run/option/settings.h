/* SPDX-License-Identifier: MIT */
/*
 * What the options of `jig run` set.
 *
 * Each file of this folder fills its fields when an option is parsed; the
 * fields of `plan` are complete after run_settings_open() (cli/run/options.h).
 * Functions of one group of options do not belong here: option.h has them.
 */
#ifndef JIG_CLI_RUN_OPTION_SETTINGS_H
#define JIG_CLI_RUN_OPTION_SETTINGS_H

#include "base/list.h"
#include "cli/run/with/with.h"
#include "core/guard/guard.h"
#include "core/shared/plan.h"
#include "env/account.h"
#include "env/file.h"
#include "event/queue.h"
#include "net/manager.h"
#include "net/names.h"

enum leftover_policy {
	LEFTOVERS_REPORT,
	LEFTOVERS_FAIL,
	LEFTOVERS_IGNORE,
};

/** Of --via; see via.c. */
struct run_via {
	const char *text; /* the transport; NULL: this machine */
	const char *jig, *address; /* NULL: not given */
	int64_t timeout_us; /* 0: not given */
	bool pushes, is_tuned, is_complete, has_probes;
	unsigned variables; /* of --via-env */
	int64_t stop_us; /* the length of the stop policy there */
	struct list uses; /* options for that side */
	struct remote *remote; /* plan.remote, owned */
	int order; /* descriptor of the relay's order; -1 */
	const char *argv[4]; /* of the relay */
};

struct run_settings {
	struct plan plan;
	char user_problem[FAULT_SIZE]; /* of --user; "": none */
	struct account account;
	struct list env; /* of char *: "NAME=value" from --env */
	struct list env_files; /* of const char *: "a,b", as given */
	struct list file_env; /* of char *, owned: the files' "NAME=value" */
	enum env_dialect env_dialect;
	bool clear_env;
	const char *report_path;
	const char *events_path; /* of --events: a file, or a descriptor */
	struct queue events; /* to its reader */
	enum leftover_policy leftovers;
	struct manager manager; /* plan.manager */
	short statuses[256]; /* --map-status: 0, or the new one + 1 */
	int stop_signal; /* 0: not given */
	int64_t grace_us; /* -1: not given */
	bool policy_given; /* --stop */
	bool quiet, verbose;

	/* Readiness, sockets and output. */
	struct list ready, listens, ports; /* of char *, as given */
	struct list live; /* the same */
	struct list names; /* of struct name */
	struct list texts; /* of char *, owned */
	struct readiness readiness;
	struct liveness *liveness; /* NULL: no --live… option was given */
	struct capture capture;
	bool passes_on; /* a log is read from what goes to its destination */
	int ended_by; /* die of this signal at the end; 0: exit */

	struct run_via via;

	/* Fixtures of --with. */
	struct with with;
	struct list guard_fds; /* of int: descriptors of with; plan.guard_fds */
	struct list guards; /* of pid_t: plan.guards */
	struct list groups; /* of struct with_group */
	struct list given; /* of char *: values of --port, --listen so far */
	const char *next_with; /* value of the --with that was just parsed */
	const char *name; /* --name: of the fixture with these settings */
};

/** The options of one --with. */
struct with_group {
	const char *shell;
	char **options; /* owned, NULL-terminated; the strings are argv's */
};

/** Settings before any option. */
void run_settings_init(struct run_settings *settings);

/** Keep @text until run_settings_free(), or free it now and return -ENOMEM. */
int run_settings_own(struct run_settings *settings, char *text);

/** Add "NAME=value" to the command's environment. @return 0 or -ENOMEM. */
int run_settings_add_env(struct run_settings *settings, const char *name,
			 const char *value);

/** Pass a descriptor to the command. @return 0 or -errno with the reason. */
int run_settings_pass_fd(struct run_settings *settings, int from, int to,
			 struct fault *fault);

#endif
