// SPDX-License-Identifier: MIT
/* The options of `jig run` for limits: --limit, --memory, --pids, --cpu. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/text.h"
#include "base/text/resource.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

static int limit_value(const char *text, bool is_size, uint64_t *ret)
{
	if (strcmp(text, "unlimited") == 0) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	return is_size ? text_size(text, ret)
		       : text_number(text, UINT64_MAX, ret);
}

static int option_limits_add_limit(struct plan *plan,
				   const struct spawn_limit *limit,
				   const char *value, struct fault *fault)
{
	if (limit->soft > limit->hard)
		return option_wrong(fault, "limit", value,
				    "right: the soft limit is above the hard "
				    "one");
	if (plan->limit_count == PLAN_LIMITS)
		return fault_set(fault, -EINVAL,
				 "--limit was given more than %d times",
				 PLAN_LIMITS);
	plan->limits[plan->limit_count++] = *limit;
	return 0;
}

static const struct resource *find_resource(const char *name,
					    struct fault *fault)
{
	const struct resource *resource = resource_by_name(name);
	const char *nearest;

	if (resource)
		return resource;
	nearest = text_nearest(name, resource_name_at, NULL);
	fault_set(fault, -EINVAL, "--limit knows no '%s'%s%s%s", name,
		  nearest ? "; did you mean '" : " (see jig-run(1))",
		  nearest ? nearest : "", nearest ? "'?" : "");
	return NULL;
}

/* "nofile=1024", "nofile=1024:4096"; one number sets both. */
int run_take_limit(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	const struct resource *resource;
	struct spawn_limit limit;
	char text[64];
	char *number, *hard;

	text_copy(text, sizeof(text), value);
	number = strchr(text, '=');
	if (!number)
		return option_wrong(fault, "limit", value,
				    "of the form NAME=SOFT[:HARD]");
	*number++ = '\0';
	hard = strchr(number, ':');
	if (hard)
		*hard++ = '\0';
	resource = find_resource(text, fault);
	if (!resource)
		return -EINVAL;
	limit.resource = resource->number;
	if (limit_value(number, resource->is_size, &limit.soft) < 0 ||
	    limit_value(hard ? hard : number, resource->is_size, &limit.hard) <
		    0)
		return option_wrong(fault, "limit", value,
				    "a number below 2^64 or 'unlimited'");
	return option_limits_add_limit(&settings->plan, &limit, value, fault);
}

int run_take_memory(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t *bytes = &settings->plan.cage_limits.memory_bytes;

	return text_size(value, bytes) < 0 || *bytes == 0
		       ? option_wrong(fault, "memory", value,
				      "a size above 0, such as 512M or 2G")
		       : 0;
}

int run_take_pids(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t *pids = &settings->plan.cage_limits.pids;

	return text_number(value, INT_MAX, pids) < 0 || *pids == 0
		       ? option_wrong(fault, "pids", value,
				      "a number from 1 to 2147483647")
		       : 0;
}

/* "1.5" or "150%" of one processor. */
int run_take_cpu(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	char *end;
	double cpus = strtod(value, &end);

	if (*end == '%' && end[1] == '\0') {
		cpus /= 100;
		end++;
	}
	if (end == value || *end || !(cpus >= 0.01 && cpus <= 100000))
		return option_wrong(
			fault, "cpu", value,
			"a number of processors from 0.01 to 100000, "
			"such as 0.5, 2 or 150%");
	settings->plan.cage_limits.cpu_permille = (uint32_t)(cpus * 1000 + 0.5);
	return 0;
}
