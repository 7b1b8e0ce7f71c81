/* SPDX-License-Identifier: MIT */
/*
 * What the commands of jobs share: which job is meant, how a terminal attaches,
 * and how a command tells a job from a service of `jig up`.
 */
#ifndef JIG_CLI_JOB_BEGIN_JOB_H
#define JIG_CLI_JOB_BEGIN_JOB_H

#include "base/list.h"
#include "cli/command/up_options.h"

/** Settings of all commands of jobs; those that services have, too, first. */
struct job_settings {
	struct up_settings up;
	bool is_long, pids, forget; /* jobs */
	bool force; /* stop */
	bool any; /* wait */
	int64_t timeout_us; /* wait; -1: for ever */
	bool no_newline; /* send */
	bool newest; /* fg, attach: --size newest */
	struct list keep; /* of const char *: session --keep */
};

/**
 * Parse the options of a command of jobs; they may stand behind its words,
 * which are jobspecs.
 * @ret_status  when it returns < 0: with what to exit.
 * @return  the index of the first word.
 */
int job_parse(const struct command *command, int argc, char **argv,
	      struct job_settings *settings, int *ret_status);
void job_settings_free(struct job_settings *settings);

/** All jobs: of struct jig_job. @return 0, or complains. */
int job_list(struct list *ret);

/**
 * The job that @spec means; NULL: the current one.
 * @verb  for the complaint: "jig: fg: %5: no such job".
 * @return  0; -ESRCH, -ENOTUNIQ or -errno, and it has complained.
 */
int job_find(const char *verb, const char *spec, struct jig_job *ret);

/** The same among jobs that were listed. */
int job_find_in(const struct list *jobs, const char *verb, const char *spec,
		struct jig_job *ret);

/** Continue its keeper, if that is stopped. @job of struct jig_job; for
 * relay.on_silence. */
void job_wake(void *job);

/** What a request to its keeper has failed with, for a message. */
const char *job_error(int error);

/** Whether we run in it: its keeper is an ancestor of ours. */
bool job_holds_us(const struct jig_job *job);

/**
 * Whether a word means a job and no service of `jig up`: it begins with '%', or
 * is a job's name.
 */
bool job_is_meant(const char *word);

/** How to attach. */
struct job_attach {
	bool foreground; /* as fg: continue it, and leave when it is stopped */
	bool read_only;
	bool newest;
	bool silent; /* about its command: it is a session */
	bool was_begun; /* by us, so it is no error when it is over already */
	bool stops_us; /* when it is stopped; so that is not said */
	struct detach_key key;
};

/** How being attached has ended. */
struct job_end {
	/** What has ended main, or tells us to end; 0: none. Once all is done
	 * the caller dies of it, see sys_die_of(). */
	int signo;
	bool stopped; /* the job */
};

/**
 * Attach this terminal to a job, until it ends, is stopped, or is detached
 * from. A job that has ended is forgotten then, and what jig has to say of its
 * end is said.
 *
 * @return  the exit status.
 */
int job_attach(const struct jig_job *job, const struct job_attach *how,
	       struct job_end *ret);

/** Say what jig had to say of a job that has ended (leftovers), then forget it.
 */
void job_bury(unsigned number);

/** Print the last @lines (0: all) of the output that a job's keeper has left.
 * @return  the exit status. */
int job_print_past(const struct jig_job *job, unsigned lines);

/** Print a job's line, as `jig jobs` does. */
void job_print(const struct jig_job *job, enum jig_job_style style);

/** Take a value of --detach-key. @return 0 or -EINVAL with the reason. */
int job_take_detach_key(struct detach_key *ret, const char *value,
			struct fault *fault);

/* The commands that jobs and services have. @return the exit status. */
int job_stop_run(const struct command *command, int argc, char **argv);
int job_restart_run(const struct command *command, int argc, char **argv);
int job_logs_run(const struct command *command, int argc, char **argv);
int job_attach_run(const struct command *command, int argc, char **argv);

extern const struct option job_stop_options[], job_attach_options[];

extern const struct command command_jobs, command_fg, command_bg, command_wait,
	command_send, command_rename, command_session;

#endif
