// SPDX-License-Identifier: MIT
#include "cage/brand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/sweep.h"
#include "proc/procfs.h"

/* linux/resource.h; not every libc names it. */
#ifndef RLIMIT_RTTIME
#define RLIMIT_RTTIME 15
#endif

#define LOWEST (1ULL << 40)
#define HIGHEST (1ULL << 62)

uint64_t brand_new(void)
{
	struct rlimit limit = { 0 };
	uint64_t random, top = HIGHEST;

	if (getrlimit(RLIMIT_RTTIME, &limit) < 0 ||
	    getrandom(&random, sizeof(random), 0) != sizeof(random))
		return 0;
	if (limit.rlim_cur < top)
		top = limit.rlim_cur;
	if (top <= LOWEST + 1)
		return 0;
	/* From the upper half, so that there is room for nested ones. */
	uint64_t low = LOWEST + (top - LOWEST) / 2;

	return low + random % (top - low);
}

struct spawn_limit brand_limit(uint64_t brand)
{
	return (struct spawn_limit){ RLIMIT_RTTIME, brand, brand };
}

uint64_t brand_parse(const char *limits)
{
	static const char label[] = "Max realtime timeout";
	const char *line = strstr(limits, label);

	/* "unlimited" is no number: strtoull then gives 0. */
	return line ? strtoull(line + sizeof(label) - 1, NULL, 10) : 0;
}

struct branded {
	int procfd;
	uint64_t brand;
};

static bool bears(const struct proc_stat *stat, const void *context)
{
	const struct branded *branded = context;
	char path[32], text[4096];

	(void)snprintf(path, sizeof(path), "%d/limits", stat->pid);
	return fd_read_file(branded->procfd, path, text, sizeof(text)) > 0 &&
	       brand_parse(text) == branded->brand;
}

static int list_branded(void *context, struct list *ret)
{
	const struct branded *branded = context;

	return procfs_select(branded->procfd, bears, branded, ret);
}

int brand_kill(int procfd, uint64_t brand)
{
	struct branded branded = { procfd, brand };
	struct sweep sweep = { procfd, list_branded, &branded };
	size_t killed = 1;
	int r = 0;

	/* Bounded: each round ends all that it has met. */
	for (int i = 0; i < 100 && r == 0 && killed > 0; i++)
		r = sweep_stop_and_kill(&sweep, &killed);
	return r;
}
