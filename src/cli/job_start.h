/* SPDX-License-Identifier: MIT */
/* How a job was started, kept so that it can be started again. */
#ifndef JIG_CLI_JOB_START_H
#define JIG_CLI_JOB_START_H

#include "base/fault.h"
#include "job/record.h"

/** The words to be executed: a single one with blanks that is no program is a
 * line for a shell. */
char **job_start_words(char **words, char *shell[4]);

/** Note in a job's record where it starts, and the words as they were given. */
void job_start_describe(struct job_record *record, char *const *words);

/** Keep our directory, words and environment in a job's directory. @return 0 or
 * -errno with the reason. */
int job_start_save(int directory, int argc, char **argv, struct fault *fault);

/**
 * Whether it can be started again, as far as that can be told before.
 * @return  0 or -errno with the reason.
 */
int job_start_check(unsigned number, struct fault *fault);

/**
 * Start a job that has ended again, under its number and name: executes `jig
 * start`, and returns only if that fails.
 * @return  -errno with the reason.
 */
int job_start_again(unsigned number, struct fault *fault);

/** Say why it is not started, to a host or on stderr; returns EXIT_JIG. */
int job_start_refuse(int lifeline, int error, const struct fault *fault);

#endif
