/* SPDX-License-Identifier: MIT */
/*
 * A project: what `jig up` is to run, whatever file it was read from (a
 * Procfile, process-compose.yaml, jig.yaml). Parsers make it, the engine runs
 * it, `jig export` writes it down for other engines.
 *
 * A *service* is one entry of the file; an *instance* of it is one fixture:
 * web.1, web.2. Instances belong to the engine (up/engine/instance.h).
 *
 * Invariant: a zeroed service is one with every default. All texts are owned
 * by the project and live as long as it does.
 */
#ifndef JIG_UP_PROJECT_PROJECT_H
#define JIG_UP_PROJECT_PROJECT_H

#include <jig.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"

/** When a service may start: what has to be true of one that it needs. */
enum condition {
	CONDITION_STARTED, /* has begun */
	CONDITION_HEALTHY, /* is ready: its probes say so */
	CONDITION_LOG_READY, /* a line matched: a "log:" probe of its says so */
	CONDITION_COMPLETED, /* has ended, with any status */
	CONDITION_SUCCEEDED, /* has ended with a status of success */
};

struct dependency {
	const char *name; /* of a service */
	enum condition condition;
	int line; /* where it stands; 0: unknown */
};

/** "as process-compose has it": one probe and how often it is asked. */
struct check {
	struct list probes; /* of const char *: jig-ready(7)'s words */
	int64_t delay_us; /* before the first look; 0: none */
	int64_t period_us; /* between two looks; 0: default */
	int64_t timeout_us; /* of one look; 0: default */
	unsigned failures; /* in a row until it is given up; 0: default */
	unsigned successes; /* in a row until it is believed; 0: 1 */
};

enum restart {
	RESTART_DEFAULT, /* of the command line; else RESTART_NO */
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_EXIT_ON_FAILURE, /* a failure ends the whole project */
};

struct availability {
	enum restart restart;
	int64_t backoff_us; /* before the first restart, doubled at each; 0: 1 s
			     */
	int64_t backoff_max_us; /* 0: 60 s */
	unsigned max_restarts; /* 0: any number */
	bool exit_on_end; /* its end ends the project, with its status */
	bool exit_on_skipped; /* that it cannot start ends the project */
};

/** How it is stopped. SIGKILL always comes at the end. */
struct shutdown {
	const char *command; /* a shell line that runs first, or NULL */
	int64_t command_timeout_us; /* 0: 10 s */
	struct list steps; /* of struct jig_step; empty: SIGTERM, 10 s */
	bool main_only; /* the first signal is for the main process only */
};

/** Where its output goes besides ours. */
struct log_file {
	const char *path; /* NULL: nowhere */
	uint64_t max_bytes; /* rotate when it is larger; 0: never */
	unsigned max_files; /* that are kept besides it; 0: 1 */
	unsigned max_days; /* older ones are removed; 0: never */
	bool no_times; /* process-compose's add_timestamp: false */
	bool has_names; /* one of several: "web.1 | " before each line */
};

struct service {
	const char *name;
	const char *description; /* or NULL */
	const char *group; /* process-compose's namespace, or NULL */
	int line; /* where it stands in the file; 0: unknown */

	const char *shell; /* a line for a shell, or NULL: */
	struct list argv; /* of const char *, NULL at the end when not empty */
	const char *cwd; /* NULL: the project's */
	struct list env; /* of const char *: "NAME=value", over the project's */

	unsigned replicas; /* 0 after `-c web=0`; parsers say 1 */
	bool disabled; /* runs only when it is named */
	bool is_daemon; /* main's end with status 0 is no end: see jig_command
			 */
	bool is_tty; /* has a terminal of its own */
	bool is_foreground; /* only started by hand (attached) */

	struct list depends; /* of struct dependency */
	struct check ready, live;
	int64_t start_timeout_us; /* as jig_command has it */
	struct availability availability;
	struct shutdown shutdown;
	struct list success; /* of int: exit statuses besides 0 */
	struct log_file log;

	/* jig's own keys, as jig_command has them. */
	struct list listen, ports; /* of const char * */
	enum jig_cage cage;

	int port_index; /* 100 × this + the instance is added to the base */
};

/** What the end of one instance means for the others. */
enum ending {
	ENDING_DEFAULT, /* of the file's kind */
	ENDING_FIRST, /* all stop, and its status is ours (Foreman) */
	ENDING_ANY_CAN_DIE, /* the others go on; the end of all is ours */
	ENDING_ON_FAILURE, /* all stop when one fails */
	ENDING_KEEP_GOING, /* we stay even when all have ended */
};

struct project {
	const char *name;
	const char *file; /* absolute: the (first) file that it was read from */
	const char *directory; /* absolute: where services run */
	struct list services; /* of struct service, in the file's order */
	struct list env; /* of const char *: "NAME=value", over ours */
	const char *shell; /* what runs lines; NULL: /bin/sh */
	const char *shell_argument; /* before the line; NULL: -c */
	enum ending ending;
	bool has_ports; /* instances get PORT: a Procfile's, or with -p */
	bool ordered_shutdown; /* one after the other, in reverse order */
	struct log_file log; /* of all that have none, or path NULL */

	/** Lines of a Procfile that say nothing, for `jig check`: of int. */
	struct list ignored_lines;
	/** "FILE:LINE:COLUMN: …" of what was ignored: of const char *. */
	struct list notes;
	struct list texts; /* of char *: owned */
};

/**
 * Own a text, which came from malloc.
 * @text  NULL is -ENOMEM's NULL, and is passed through.
 * @return  it, or NULL when it could not be kept (then it is freed).
 */
const char *project_take(struct project *project, char *text);

/** Own a copy. @return NULL for want of memory. */
const char *project_copy(struct project *project, const char *text);

/** Own a formatted text. @return NULL for want of memory. */
const char *project_print(struct project *project, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The service of that name, or NULL. Valid until one is added. */
struct service *project_find(const struct project *project, const char *name);

/** Append a copy. @return 0 or -ENOMEM. */
int project_add(struct project *project, const struct service *service);

static inline struct service *project_service(const struct project *project,
					      size_t index)
{
	return list_at(&project->services, index, sizeof(struct service));
}

void service_free(struct service *service);

/** A zeroed project is allowed. */
void project_free(struct project *project);

#endif
