/* SPDX-License-Identifier: MIT */
/*
 * Checks of the structs that a host passes to the functions of jobs. A host of
 * another version may use another size: jig.h, "Sizes".
 */
#ifndef JIG_JOB_BOUNDARY_H
#define JIG_JOB_BOUNDARY_H

#include <stddef.h>

#include <jig.h>

/** Whether a struct jig_job can be of this size. @return as sized_check(). */
int boundary_check_job(size_t size);

/** Whether all jobs have the same size, which is allowed. */
int boundary_check_jobs(const struct jig_job *jobs, size_t count);

/** Copy the host's struct; NULL: the default. @return as sized_read(); -E2BIG a
 * reserved byte is not zero. */
int boundary_read_options(const struct jig_job_options *options,
			  struct jig_job_options *ret);
int boundary_read_attach(const struct jig_attach *how, struct jig_attach *ret);

#endif
