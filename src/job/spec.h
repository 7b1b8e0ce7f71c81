/* SPDX-License-Identifier: MIT */
/*
 * Jobspecs: which job "%2", "%+" or "%?make" is, as bash's manual has them, and
 * a job's line as bash writes it. Pure functions over bytes.
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
 * Mark the current job with '+' and the previous one with '-': of those that
 * are stopped the last one that was, else of those that run, else of the rest.
 */
void spec_mark(struct jig_job *jobs, size_t count);

/** The words of its state: "Running", "Exit 3"; in the long style "Stopped (tty
 * input)", which is "Stopped" in the short one. */
void spec_state(const struct jig_job *job, enum jig_job_style style, char *ret,
		size_t size);

#define SPEC_STATE 64

/** Its words on one line for a terminal: control characters and broken UTF-8
 * are shown as '?'. @return @buffer. */
const char *spec_command(const struct jig_job *job, char *buffer, size_t size);

#define SPEC_COMMAND sizeof(((struct jig_job *)0)->command)

#endif
