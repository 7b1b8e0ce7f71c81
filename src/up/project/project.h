/* SPDX-License-Identifier: MIT */
/*
 * A project: what `jig up` runs, from any kind of file (a Procfile,
 * process-compose.yaml, jig.yaml). Parsers make it, the engine runs it, and
 * `jig export` writes it as files for other engines.
 *
 * A *service* is one entry of the file; an *instance* of it is one fixture:
 * web.1, web.2. Instances belong to the engine (up/engine/instance.h).
 *
 * Invariant: a zeroed service has every default. The project owns all texts,
 * which exist as long as it does.
 *
 * What does not belong here: states of instances, and how a file says it.
 */
#ifndef JIG_UP_PROJECT_PROJECT_H
#define JIG_UP_PROJECT_PROJECT_H

#include <jig.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "up/project/cron.h"

/** When a service may start: a condition on a service that it depends on. */
enum condition {
	CONDITION_STARTED, /* has begun */
	CONDITION_HEALTHY, /* is ready: its probes have succeeded */
	CONDITION_LOG_READY, /* is ready by a "log:" probe */
	CONDITION_COMPLETED, /* has ended, with any status */
	CONDITION_SUCCEEDED, /* has ended with a status of success */
};

struct dependency {
	const char *name; /* of a service */
	enum condition condition;
	int line; /* in the file; 0: unknown */
};

/** Probes of one kind, and their times, as in process-compose. */
struct check {
	struct list probes; /* of const char *: jig-ready(7)'s words */
	int64_t delay_us; /* before the first attempt; 0: none */
	int64_t period_us; /* interval between attempts; 0: default */
	int64_t file_period_us; /* the same as the file has it, for exports */
	int64_t timeout_us; /* of one attempt; 0: default */
	unsigned failures; /* in a row until it has failed; 0: default */
	unsigned successes; /* in a row until it has succeeded; 0: 1 */
	bool is_named; /* the probes are of --ready NAME=PROBE */
};

enum restart {
	RESTART_DEFAULT, /* by the command line; else RESTART_NO */
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_EXIT_ON_FAILURE, /* a failure stops the whole project */
};

struct availability {
	enum restart restart;
	int64_t backoff_us; /* before the first restart, doubled at each; 0: 1 s
			     */
	int64_t backoff_max_us; /* 0: 60 s */
	unsigned max_restarts; /* 0: any number */
	bool exit_on_end; /* its end stops the project, with its status */
	bool exit_on_skipped; /* if it is skipped, the project stops */
	bool can_die; /* its end stops no other one, despite ENDING_FIRST */
	enum restart named; /* --restart NAME=POLICY: over all others */
};

/** How it is stopped. The last step is always SIGKILL. */
struct shutdown {
	const char *command; /* a shell line that runs first, or NULL */
	int64_t command_timeout_us; /* 0: 10 s */
	struct list steps; /* of struct jig_step; empty: SIGTERM, 10 s */
	bool main_only; /* the first signal is for the main process only */
	bool is_named; /* --stop NAME=POLICY: over --stop */
};

/** A file to which its output is written, too. */
struct log_file {
	const char *path; /* NULL: none */
	uint64_t max_bytes; /* rotate above this size; 0: never */
	unsigned max_files; /* older files; 0: 1 */
	unsigned max_days; /* remove older files; 0: never */
	bool no_times; /* process-compose's add_timestamp: false */
	bool has_names; /* "web.1 | " before each line */
};

/** When it runs again and again: process-compose's schedule. */
struct timetable {
	struct cron cron; /* if has_cron */
	bool has_cron;
	const char *zone; /* of cron, as TZ has it; NULL: ours */
	int64_t interval_us; /* else; 0: it has no timetable */
	bool on_start; /* it also runs at once */
};

#define REPLICAS_NODES UINT_MAX

/** Another machine, or a container: OTHER MACHINES in jig-run(1). */
struct machine {
	const char *via; /* the words of the transport; NULL: it runs here */
	const char *jig, *address; /* or NULL */
	int64_t timeout_us; /* until jig there answers; 0: default */
	bool pushes; /* copy jig there, if it is missing */
	const char *directory; /* `working_dir` as the file has it, or NULL */
	struct list nodes; /* of const char *: that of each instance */
	bool on_each_node; /* of the allocation in which we run */
};

/** What a service has from its project: see project_give(). */
struct given {
	struct list env; /* of const char *: "NAME=value" */
	const char *directory; /* if it has no `cwd` */
	const char *shell, *shell_argument; /* as the project has them */
	unsigned port; /* base of the ports; 0: no PORT */
	unsigned replicas; /* by files and command line; `jig scale` changes
			      only the service's */
};

struct service {
	const char *name;
	const char *description; /* or NULL */
	struct list namespaces; /* of const char *; empty: "default" */
	int line; /* in the file; 0: unknown */

	const char *shell; /* a line for a shell; NULL: use argv */
	struct list argv; /* of const char *, NULL at the end when not empty */
	const char *cwd; /* NULL: the project's */
	struct list env; /* of const char *: "NAME=value", over the project's */

	unsigned replicas; /* 0 after `-c web=0`; parsers say 1, or
			    * REPLICAS_NODES: nodes_find() counts them */
	bool disabled; /* runs only if the command line names it */
	bool is_daemon; /* it lives on after main's status 0, see jig_command */
	bool is_tty; /* has a terminal of its own */
	bool is_foreground; /* starts only by `jig restart` */
	bool no_dotenv; /* without the variables of .env */

	struct list depends; /* of struct dependency */
	struct check ready, live;
	int64_t start_timeout_us; /* as jig_command has it */
	struct availability availability;
	struct timetable timetable;
	struct shutdown shutdown;
	struct list success; /* of int: exit statuses besides 0 */
	struct log_file log;

	/* jig's own keys, as jig_command has them. */
	struct list listen, ports; /* of const char * */
	enum jig_cage cage;
	struct machine machine;

	/* See formation_port(). */
	int port_index;
	unsigned port_step, instance_step; /* 0: 100, 1 */

	struct given given;
};

/** What the end of one instance means for the others. */
enum ending {
	ENDING_DEFAULT, /* by the kind of the file */
	ENDING_FIRST, /* all stop, with its status (Foreman) */
	ENDING_ANY_CAN_DIE, /* the others continue, until all have ended */
	ENDING_ON_FAILURE, /* if one fails, all stop */
	ENDING_KEEP_GOING, /* `jig up` continues after the end of all */
};

/** A variable whose value a command prints: process-compose's env_cmds. */
struct environment_command {
	const char *name, *line;
	const char *place; /* "FILE:LINE:COLUMN" */
};

struct project {
	const char *name;
	const char *file; /* absolute: the (first) file of it */
	const char *directory; /* absolute: of services */
	struct list services; /* of struct service, in the file's order */
	struct list env; /* of const char *: "NAME=value", over ours */
	struct list dotenv; /* those of `env` that are from .env */
	struct list commands; /* of struct environment_command */
	const char *shell; /* runs lines; NULL: /bin/sh */
	const char *shell_argument; /* before the line; NULL: -c */
	enum ending ending;
	bool is_procfile; /* `jig export` restarts its services */
	bool has_ports; /* instances get PORT: a Procfile's, or with -p */
	bool ordered_shutdown; /* one after the other, in reverse order */
	struct log_file log; /* of all services without one; path NULL: none */

	/** "FILE:LINE:COLUMN: …" (of a Procfile "FILE:LINE: …") of what was
	 * ignored: of const char *. */
	struct list notes;
	struct list texts; /* of char *: owned */
};

/**
 * Take ownership of a text from malloc(3).
 * @text    NULL is allowed: the caller's allocation has failed.
 * @return  @text; or NULL if memory is short, and @text is freed.
 */
const char *project_take(struct project *project, char *text);

/** Make a copy that the project owns. @return NULL if memory is short. */
const char *project_copy(struct project *project, const char *text);

/** Make a formatted text that the project owns. @return NULL if memory is
 * short. */
const char *project_print(struct project *project, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The service of that name, or NULL. Valid until project_add(). */
struct service *project_find(const struct project *project, const char *name);

/** Whether it is one of the project's own, by its place in memory. */
static inline bool project_has(const struct project *project,
			       const struct service *service)
{
	const struct service *first =
		(const struct service *)project->services.items;

	return first && service >= first &&
	       service < first + project->services.count;
}

/** The service of the same name as @service, which may be of a project that was
 * replaced; or NULL. */
static inline const struct service *project_current(
	const struct project *project, const struct service *service)
{
	return project_has(project, service)
		       ? service
		       : project_find(project, service->name);
}

/** Whether a service gets a variable of the project's `env`. */
bool project_gives(const struct project *project, const struct service *service,
		   const char *variable);

/** Append a copy. @return 0 or -ENOMEM. */
int project_add(struct project *project, const struct service *service);

static inline struct service *project_service(const struct project *project,
					      size_t index)
{
	return list_at(&project->services, index, sizeof(struct service));
}

/** Whether it is in a namespace. One that names none is in "default". */
bool service_is_in(const struct service *service, const char *name);

/** Whether it runs at certain times. */
static inline bool service_has_times(const struct service *service)
{
	return service->timetable.has_cron || service->timetable.interval_us;
}

void service_free(struct service *service);

/** A zeroed project is allowed. */
void project_free(struct project *project);

#endif
