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

#endif
