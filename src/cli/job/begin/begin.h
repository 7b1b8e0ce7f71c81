/* SPDX-License-Identifier: MIT */
/*
 * A command that becomes a job: what `jig start` and `jig session` share. What
 * is forked is the job's keeper, which is its guard; we wait until it says that
 * the command runs.
 */
#ifndef JIG_CLI_JOB_BEGIN_BEGIN_H
#define JIG_CLI_JOB_BEGIN_BEGIN_H

#include <stddef.h>
#include <sys/ioctl.h>

#include "cli/run/options.h"

/** Run's settings come first: its options take what they are given as these. */
struct job_begin {
	struct run_settings run;
	const char *name; /* NULL: none */
	bool no_terminal;
	struct winsize size; /* rows 0: our terminal's, or 24x80 */
	unsigned again; /* the number of a job that is started again, or 0 */
	const char *again_name; /* the one that it has now; NULL: none */
	int lifeline; /* to a libjig host that is told, or -1 */
	struct board *board; /* the host's, or NULL */
	bool is_session;
	struct list keep; /* of const char *: a session's names (outside.h) */
};

_Static_assert(offsetof(struct job_begin, run) == 0,
	       "options of run take it as struct run_settings");

void job_begin_init(struct job_begin *begin);
void job_begin_free(struct job_begin *begin);

/** Take a name, as the option --name does. @return 0 or -EINVAL. */
int job_begin_take_name(struct job_begin *begin, const char *value,
			struct fault *fault);

/** Take a job that is started again, as the hidden option --again N[=NAME].
 * @return 0 or -EINVAL. */
int job_begin_take_again(struct job_begin *begin, const char *value,
			 struct fault *fault);

/** Once all options were taken. @return 0 or -errno with the reason. */
int job_begin_complete(struct job_begin *begin, struct fault *fault);

/**
 * Begin the job; what is wrong with it was said when it returns, to the host or
 * on stderr.
 *
 * @argc, @argv  all words of the command of jig's, kept for a restart.
 * @words        the job's: of its program, NULL-terminated.
 * @ret_number   its number; may be NULL.
 * @ret_main     the pid of its main process; may be NULL.
 * @return  0, or the exit status.
 */
int job_begin(struct job_begin *begin, int argc, char **argv, char **words,
	      unsigned *ret_number, pid_t *ret_main);

#endif
