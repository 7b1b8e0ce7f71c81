/* SPDX-License-Identifier: MIT */
/*
 * What a host passes to the functions of jobs, in structs that may be of
 * another version's size: jig.h, "Sizes".
 */
#ifndef JIG_JOB_BOUNDARY_H
#define JIG_JOB_BOUNDARY_H

#include <stddef.h>

#include <jig.h>

/** Whether a struct jig_job can be of this size. @return as sized_check(). */
int boundary_check_job(size_t size);

/** Whether all jobs have the same size, which is allowed. */
int boundary_check_jobs(const struct jig_job *jobs, size_t count);

/** Read the host's, of which NULL means the default. @return as sized_read();
 * -E2BIG a reserved byte is not zero. */
int boundary_read_options(const struct jig_job_options *options,
			  struct jig_job_options *ret);
int boundary_read_attach(const struct jig_attach *how, struct jig_attach *ret);

#endif
