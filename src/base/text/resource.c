// SPDX-License-Identifier: MIT
#include "base/text/resource.h"

#include <string.h>
#include <sys/resource.h>

/* RLIMIT_RTTIME is not here: cages use it (cage/brand.h). */
static const struct resource resources[] = {
	{ "as", RLIMIT_AS, 1 },
	{ "core", RLIMIT_CORE, 1 },
	{ "cpu", RLIMIT_CPU, 0 },
	{ "data", RLIMIT_DATA, 1 },
	{ "fsize", RLIMIT_FSIZE, 1 },
	{ "locks", RLIMIT_LOCKS, 0 },
	{ "memlock", RLIMIT_MEMLOCK, 1 },
	{ "msgqueue", RLIMIT_MSGQUEUE, 1 },
	{ "nice", RLIMIT_NICE, 0 },
	{ "nofile", RLIMIT_NOFILE, 0 },
	{ "nproc", RLIMIT_NPROC, 0 },
	{ "rss", RLIMIT_RSS, 1 },
	{ "rtprio", RLIMIT_RTPRIO, 0 },
	{ "sigpending", RLIMIT_SIGPENDING, 0 },
	{ "stack", RLIMIT_STACK, 1 },
};

#define COUNT (sizeof(resources) / sizeof(resources[0]))

const struct resource *resource_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(resources[i].name, name) == 0)
			return &resources[i];
	return NULL;
}

const struct resource *resource_by_number(int number)
{
	for (size_t i = 0; i < COUNT; i++)
		if (resources[i].number == number)
			return &resources[i];
	return NULL;
}

const char *resource_name_at(size_t index, const void *unused)
{
	(void)unused;
	return index < COUNT ? resources[index].name : NULL;
}
