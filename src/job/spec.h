/* SPDX-License-Identifier: MIT */
/*
 * Jobspecs ("%2", "%+", "%?make"), as in bash's manual, and a job's line as
 * bash prints it. Pure functions over bytes; reading jobs does not belong here:
 * store.h.
 */
#ifndef JIG_JOB_SPEC_H
#define JIG_JOB_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include <jig.h>

/** Whether a job may have this name. */
bool spec_is_name(const char *name);

/** Whether a job has ended, or was lost with its keeper. */
bool spec_has_ended(const struct jig_job *job);

/** The message for an error of jig_job_find(). */
const char *spec_error(int error);

/**
 * Mark the current job with '+' and the previous one with '-'. Suspended jobs
 * come first, then running ones, then the rest; of these, the most recent.
 */
void spec_mark(struct jig_job *jobs, size_t count);

/** Its state in words: "Running", "Exit 3"; in the long style "Stopped (tty
 * input)", in the short one "Stopped". */
void spec_state(const struct jig_job *job, enum jig_job_style style, char *ret,
		size_t size);

#define SPEC_STATE 64

/** Its command on one line for a terminal: control characters and invalid UTF-8
 * become '?'. @return @buffer. */
const char *spec_command(const struct jig_job *job, char *buffer, size_t size);

#define SPEC_COMMAND sizeof(((struct jig_job *)0)->command)

#endif
