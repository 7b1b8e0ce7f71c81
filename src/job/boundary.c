// SPDX-License-Identifier: MIT
#include "job/boundary.h"

#include <errno.h>

#include "base/sized.h"

#define JOB_FIRST SIZED_FIRST(struct jig_job, command)

int boundary_check_job(size_t size)
{
	return sized_check(size, JOB_FIRST);
}

int boundary_check_jobs(const struct jig_job *jobs, size_t count)
{
	return sized_check_array(jobs, count, JOB_FIRST);
}

int boundary_read_options(const struct jig_job_options *options,
			  struct jig_job_options *ret)
{
	static const struct jig_job_options usual = { .size = sizeof(usual) };
	int r = sized_read(ret, sizeof(*ret), options ? options : &usual,
			   SIZED_FIRST(struct jig_job_options, reserved));

	if (r == 0 && !sized_is_zero(ret->reserved, sizeof(ret->reserved)))
		return -E2BIG;
	return r;
}

int boundary_read_attach(const struct jig_attach *how, struct jig_attach *ret)
{
	static const struct jig_attach usual = { .size = sizeof(usual) };
	int r = sized_read(ret, sizeof(*ret), how ? how : &usual,
			   SIZED_FIRST(struct jig_attach, reserved));

	if (r == 0 && !sized_is_zero(ret->reserved, sizeof(ret->reserved)))
		return -E2BIG;
	return r;
}
