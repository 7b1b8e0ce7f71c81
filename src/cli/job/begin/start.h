/* SPDX-License-Identifier: MIT */
/* How a job was started, kept so that it can be started again. */
#ifndef JIG_CLI_JOB_BEGIN_START_H
#define JIG_CLI_JOB_BEGIN_START_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/list.h"
#include "job/record.h"

struct board;

/** How a job is started again. */
struct job_start {
	char *text; /* that the others point into; owned */
	char again[80]; /* its number, and its name if it has one */
	const char *directory;
	struct list argv, env; /* of char *, NULL at the end */
	bool has_env; /* else it gets ours: its own was not kept */
};

/** The words to be executed: a single one with blanks that is no program is a
 * line for a shell. */
char **job_start_words(char **words, char *shell[4]);

/** Note in a job's record where it starts, and the words as they were given. */
void job_start_describe(struct job_record *record, char *const *words);

/** What is kept of how a job is started. */
struct job_kept {
	int argc;
	char **argv; /* all words of the command of jig's */
	bool has_values; /* --env is among them: not kept after its end */
};

/**
 * Keep our directory, words and environment in a job's directory while it runs,
 * and directory and words afterwards.
 *
 * @return  a descriptor that holds a lock on the file with the environment, so
 *          that store_look_all() leaves it; the caller closes it. Or -errno
 *          with the reason.
 */
int job_start_save(int directory, const struct job_kept *kept,
		   struct fault *fault);

/**
 * Read how a job is started, before it is ended for that: who waits for its end
 * forgets it.
 *
 * @ret_start  free it with job_start_free(), also after an error.
 * @return     0, or -errno with the reason that it cannot be started again, as
 *             far as that can be told before.
 */
int job_start_load(const struct jig_job *job, struct job_start *ret_start,
		   struct fault *fault);

/**
 * Start a job that has ended again, under its number and name: executes jig,
 * and returns only if that fails.
 *
 * @return  -errno with the reason.
 */
int job_start_again(const struct job_start *start, struct fault *fault);

void job_start_free(struct job_start *start);

/** Say why it is not started, to a host or on stderr; returns EXIT_JIG. */
int job_start_refuse(int lifeline, struct board *board, int error,
		     const struct fault *fault);

#endif
