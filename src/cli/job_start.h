/* SPDX-License-Identifier: MIT */
/* How a job was started, kept so that it can be started again. */
#ifndef JIG_CLI_JOB_START_H
#define JIG_CLI_JOB_START_H

#include "base/fault.h"

/** Keep our directory, words and environment in a job's directory. @return 0 or
 * -errno with the reason. */
int job_start_save(int directory, int argc, char **argv, struct fault *fault);

/**
 * Start a job that has ended again, under its number and name: executes `jig
 * start`, and returns only if that fails.
 * @return  -errno with the reason.
 */
int job_start_again(unsigned number, struct fault *fault);

/** Say why it is not started, to a host or on stderr; returns EXIT_JIG. */
int job_start_refuse(int lifeline, int error, const struct fault *fault);

#endif
