/* SPDX-License-Identifier: MIT */
/* Names of resource limits, as ulimit(1) and prlimit(1) have them. */
#ifndef JIG_BASE_TEXT_RESOURCE_H
#define JIG_BASE_TEXT_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

struct resource {
	const char *name; /* "nofile" */
	int number; /* RLIMIT_NOFILE */
	int is_size; /* in bytes: 64k, 1M … are understood */
};

/** The row of that name, or NULL. */
const struct resource *resource_by_name(const char *name);

/** The row of that number, or NULL. */
const struct resource *resource_by_number(int number);

/** The names, for text_nearest(): NULL behind the last. */
const char *resource_name_at(size_t index, const void *unused);

#endif
