/* SPDX-License-Identifier: MIT */
/*
 * Shared by the commands about jobs: settings, finding a job, attaching a
 * terminal, and telling a job from a service of `jig up`.
 *
 * The start of a job does not belong here: begin.h.
 */
#ifndef JIG_CLI_JOB_BEGIN_JOB_H
#define JIG_CLI_JOB_BEGIN_JOB_H

#include <stddef.h>

#include "base/list.h"
#include "cli/command/up_options.h"

/** Settings of all commands about jobs. Options that services have as well take
 * a pointer to this as struct up_settings. */
struct job_settings {
	struct up_settings up;
	bool is_long, pids, forget; /* jobs */
	bool force; /* stop */
	bool any; /* wait */
	int64_t timeout_us; /* wait; -1: none */
	bool no_newline; /* send */
	bool newest; /* fg, attach: --size newest */
};

_Static_assert(offsetof(struct job_settings, up) == 0,
	       "options of services take it as struct up_settings");

/**
 * Parse the options of a command about jobs; they may also come after its
 * words, which are jobspecs.
 * @ret_status  the exit status, if it returns < 0.
 * @return  the index of the first word.
 */
int job_parse(const struct command *command, int argc, char **argv,
	      struct job_settings *settings, int *ret_status);
void job_settings_free(struct job_settings *settings);

/** All jobs: of struct jig_job. @return 0, or -errno; prints the error. */
int job_list(struct list *ret);

/**
 * Find the job of a jobspec; NULL: the current one. Prints an error.
 * @verb  for the message: "jig: fg: %5: no such job".
 * @return  0; -ESRCH, -ENOTUNIQ or -errno.
 */
int job_find(const char *verb, const char *spec, struct jig_job *ret);

/** The same, in a list of jobs. */
int job_find_in(const struct list *jobs, const char *verb, const char *spec,
		struct jig_job *ret);

/** Continue a job's keeper if it is suspended. @job  a struct jig_job; for
 * relay.on_silence. */
void job_wake(void *job);

/** The message for an error of a request to a keeper. */
const char *job_error(int error);

/** Whether we run in this job: its keeper is our ancestor. */
bool job_holds_us(const struct jig_job *job);

/**
 * Whether a word is a job, not a service of `jig up`: it begins with '%', or is
 * a job's name.
 */
bool job_is_meant(const char *word);

/** How to attach. */
struct job_attach {
	bool foreground; /* as fg: continue it, and return if it is suspended */
	bool read_only;
	bool newest;
	bool silent; /* a session: do not print its command */
	bool was_begun; /* by us, so it may have ended already */
	bool stops_us; /* its suspension suspends us: print no message */
	struct detach_key key;
};

/** How job_attach() has ended. */
struct job_end {
	/** The signal that has ended main, or requests our end; 0: none. At the
	 * end the caller dies of it, see sys_die_of(). */
	int signo;
	bool stopped; /* the job is suspended */
};

/**
 * Attach this terminal to a job, until the job ends or is suspended, or the
 * user detaches. A job that has ended is then forgotten, see job_forget().
 *
 * @return  the exit status.
 */
int job_attach(const struct jig_job *job, const struct job_attach *how,
	       struct job_end *ret);

/** Print the messages of a job that has ended (leftovers), and forget it. */
void job_forget(unsigned number);

/** Print the last @lines (0: all) of the output of a job that has ended.
 * @return  the exit status. */
int job_print_past(const struct jig_job *job, unsigned lines);

/** Print a job's line, as `jig jobs` does. */
void job_print(const struct jig_job *job, enum jig_job_style style);

/** Take a value of --detach-key. @return 0 or -EINVAL with the reason. */
int job_take_detach_key(struct detach_key *ret, const char *value,
			struct fault *fault);

/* The commands for jobs and for services. @return the exit status. */
int job_stop_run(const struct command *command, int argc, char **argv);
int job_restart_run(const struct command *command, int argc, char **argv);
int job_logs_run(const struct command *command, int argc, char **argv);
int job_attach_run(const struct command *command, int argc, char **argv);

extern const struct option job_stop_options[], job_attach_options[];

extern const struct command command_jobs, command_fg, command_bg, command_wait,
	command_send, command_rename, command_session;

#endif
