/* SPDX-License-Identifier: MIT */
/*
 * The commands around `jig up`: their options, and the settings that these
 * make.
 *
 * Invariant: jig and jig-up (src/up/, which runs the commands) have the same
 * tables, so help, completions and errors are the same in both.
 *
 * What does not belong here: what a command does.
 */
#ifndef JIG_CLI_COMMAND_UP_OPTIONS_H
#define JIG_CLI_COMMAND_UP_OPTIONS_H

#include <jig.h>
#include <stdint.h>

#include "base/list.h"
#include "cli/command/command.h"
#include "env/file.h"
#include "tty/raw_terminal.h"

/** The value of --restart. */
enum up_restart {
	UP_RESTART_FILE, /* by the file */
	UP_RESTART_NO,
	UP_RESTART_ON_FAILURE,
	UP_RESTART_ALWAYS,
};

enum up_ending {
	UP_ENDING_FILE,
	UP_ENDING_FIRST,
	UP_ENDING_ANY_CAN_DIE,
	UP_ENDING_ON_FAILURE,
	UP_ENDING_KEEP_GOING,
};

enum up_colour {
	UP_COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set */
	UP_COLOUR_ALWAYS,
	UP_COLOUR_NEVER,
};

/** One use of --concurrency or --formation. */
struct up_formation {
	const char *text;
	bool exclusive; /* -m: services not named get 0 */
	bool is_default; /* of .foreman or OVERMIND_*: see defaults_known() */
};

/** An option about some services only. */
enum up_named_kind {
	UP_NAMED_CAN_DIE, /* "a,b" */
	UP_NAMED_DELAYED, /* "a,b": only `jig restart` starts them */
	UP_NAMED_RESTART, /* "a=POLICY,b=POLICY" */
	UP_NAMED_STOP, /* "a=POLICY" */
	UP_NAMED_READY, /* "a=PROBE" */
	UP_NAMED_VIA, /* "a=COMMAND" */
	UP_NAMED_COUNT,
};

struct up_named {
	enum up_named_kind kind;
	const char *text;
	bool is_default; /* as in up_formation */
};

struct up_settings {
	/* The project. */
	struct list files; /* of const char * */
	const char *const *words; /* services to run; NULL or none: all */
	const char *directory; /* NULL: the file's */
	const char *here; /* directory of a command after "--"; NULL: the
			     current one */
	bool honcho; /* services run in the current directory */
	const char *env_files; /* NULL: .env, if it exists */
	char *env_joined; /* of several -e: owned */
	bool allow_commands; /* env_cmds may run */
	enum env_dialect dialect;
	struct list formations; /* of struct up_formation */
	struct list left_out; /* of const char * */
	struct list namespaces; /* of const char *; empty: all */
	bool no_deps; /* only the named services */
	bool graph; /* check: print dependencies */
	const char *elsewhere; /* the command's; NULL: services are meant */
	const char *port; /* -p */
	const char *port_step; /* "N" or "N,M" */
	struct list named; /* of struct up_named */

	/* Of .foreman, .overmind.env and OVERMIND_*: see
	 * up/settings/defaults.h.
	 */
	bool reviews; /* `jig check`: note what may be a mistake */
	bool has_default_file; /* it is the first of `files` */
	bool has_default_env; /* it is `env_files` */
	bool has_defaults, no_dotenv, no_port, default_detach;
	const char *names, *not_names, *more_env_files; /* "a,b"; or NULL */
	const char *shell; /* runs the lines; NULL: /bin/sh */
	struct buffer origin; /* which of them were used, for people */
	struct list texts; /* of char *: owned */

	/* Output. */
	bool plain, json, no_times, merge, pty, quiet;
	struct list muted; /* of const char *: "a,b" */
	const char *stdin_of; /* the service that reads our input; or NULL */
	enum up_colour colour;
	const char *log_dir;
	const char *events; /* NULL, or of queue_open_to() */
	uint64_t log_size; /* 0: 10 MiB */
	unsigned log_files; /* 0: 5 */

	/* Ending. */
	enum up_ending ending;
	enum up_restart restart;
	unsigned max_restarts; /* 0: any number */
	struct jig_step steps[16]; /* --stop */
	size_t step_count; /* 0: the services' own */
	bool ordered; /* --ordered-shutdown */
	int64_t grace_us; /* --timeout, of `down` too; -1: not given */
	enum jig_cage cage;
	pid_t owner; /* as jig_command.owner, or INPUT_OWNER */
	bool detached; /* -D */
	bool force_new; /* even if one of this project runs */

	/* Against a running `jig up`. */
	unsigned lines; /* 0: all */
	bool follow;
	bool status_json;
	bool dry_run; /* reload: only print */
	bool services; /* ps: services, not processes */
	bool waits; /* ps: until all are ready */
	struct detach_key detach_key;
	bool read_only;

	const char *import_to; /* import: the file to write; NULL: stdout */

	/* Export. */
	const char *application, *user, *image, *export_log_dir;
	const char *workdir, *jig_path; /* there; NULL: the default */
	bool pod;
};

/** Print the reason; and how to name a job, if the command may mean one. */
void up_complain(const struct up_settings *settings, const struct fault *fault);

/** An option about some services. @text  must outlive the settings. */
int up_add_named(struct up_settings *settings, enum up_named_kind kind,
		 const char *text);

void up_settings_init(struct up_settings *settings);
void up_settings_free(struct up_settings *settings);

/** Tables that more than one command has. */
extern const struct option up_options[], client_options[], select_options[],
	ps_options[], logs_options[], attach_options[];

extern const struct command command_up, command_start, command_check,
	command_exec, command_export, command_import, command_ps, command_reload,
	command_restart, command_stop, command_scale, command_logs,
	command_attach, command_down;

#endif
