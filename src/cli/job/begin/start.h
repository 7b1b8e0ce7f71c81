/* SPDX-License-Identifier: MIT */
/*
 * How a job was started, saved so that it can be started again.
 *
 * Invariant: an environment is on disk only while its job runs (start.c).
 */
#ifndef JIG_CLI_JOB_BEGIN_START_H
#define JIG_CLI_JOB_BEGIN_START_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/list.h"
#include "job/record.h"

struct board;

/** All that a restart needs. */
struct job_start {
	char *text; /* owned; the others point into it */
	char again[80]; /* number, and name if it has one: for --again */
	const char *directory;
	struct list argv, env; /* of char *, NULL at the end */
	bool has_env; /* else it gets our environment */
};

/** The words to execute. A single word with blanks that is not a program is a
 * line for a shell. */
char **job_start_words(char **words, char *shell[4]);

/** Store the working directory and the words in a job's record. */
void job_start_describe(struct job_record *record, char *const *words);

/** The command line of `jig start` or `jig session`, to be saved. */
struct job_invocation {
	int argc;
	char **argv; /* all its words */
	bool has_values; /* of --env: remove them at the end of the job */
};

/**
 * Save our directory, words and environment in a job's directory while the job
 * runs; directory and words also after its end.
 *
 * @return  a descriptor with a lock on the file of the environment, so that
 *          store_look_all() does not remove it; the caller closes it. Or -errno
 *          with the reason.
 */
int job_start_save(int directory, const struct job_invocation *invocation,
		   struct fault *fault);

/**
 * Read how a job was started. Call it before the job is ended for a restart,
 * because a process that waits for the end forgets the job.
 *
 * @ret_start  free it with job_start_free(), also after an error.
 * @return     0, or -errno with the reason why a restart would fail, as far as
 *             this is known before.
 */
int job_start_load(const struct jig_job *job, struct job_start *ret_start,
		   struct fault *fault);

/**
 * Start a job that has ended again, with its number and name: executes jig, and
 * returns only on an error.
 *
 * @return  -errno with the reason.
 */
int job_start_again(const struct job_start *start, struct fault *fault);

void job_start_free(struct job_start *start);

/** Report the reason, to a host or on stderr. @return EXIT_JIG. */
int job_start_refuse(int lifeline, struct board *board, int error,
		     const struct fault *fault);

#endif
