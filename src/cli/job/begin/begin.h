/* SPDX-License-Identifier: MIT */
/*
 * How a command becomes a job, for `jig start` and `jig session`: fork the
 * job's keeper, which is its guard, and wait until it reports that the command
 * runs.
 *
 * Parsing of options does not belong here, nor does a restart: start.h.
 */
#ifndef JIG_CLI_JOB_BEGIN_BEGIN_H
#define JIG_CLI_JOB_BEGIN_BEGIN_H

#include <stddef.h>
#include <sys/ioctl.h>

#include "cli/run/options.h"

/** The options of `jig run` take a pointer to this as struct run_settings. */
struct job_begin {
	struct run_settings run;
	const char *name; /* NULL: none */
	bool no_terminal, wants_terminal; /* --no-pty; --pty */
	struct winsize size; /* rows 0: our terminal's, or 24x80 */
	unsigned again; /* number of a job that is started again, or 0 */
	const char *again_name; /* its current name; NULL: none */
	int lifeline; /* to a libjig host, or -1 */
	struct board *board; /* the host's, or NULL */
	bool is_session;
	struct list outside_names; /* of const char *: --keep (outside.h) */
};

_Static_assert(offsetof(struct job_begin, run) == 0,
	       "options of run take it as struct run_settings");

void job_begin_init(struct job_begin *begin);
void job_begin_free(struct job_begin *begin);

/** Take the value of --name. @return 0 or -EINVAL. */
int job_begin_take_name(struct job_begin *begin, const char *value,
			struct fault *fault);

/** Take the value of --again (hidden), N[=NAME]. @return 0 or -EINVAL. */
int job_begin_take_again(struct job_begin *begin, const char *value,
			 struct fault *fault);

/** --with (hidden): say how a job has fixtures. @return -EINVAL. */
int job_begin_refuse_with(void *begin, const char *value, struct fault *fault);

/** After the last option. @return 0 or -errno with the reason. */
int job_begin_complete(struct job_begin *begin, struct fault *fault);

/**
 * Begin the job. Reports an error to the host or on stderr.
 *
 * @argc, @argv  all words of this jig command, saved for a restart.
 * @words        the words of the job's program, NULL-terminated.
 * @ret_number   its number; may be NULL.
 * @ret_main     the pid of its main process; may be NULL.
 * @return  0, or the exit status.
 */
int job_begin(struct job_begin *begin, int argc, char **argv, char **words,
	      unsigned *ret_number, pid_t *ret_main);

#endif
