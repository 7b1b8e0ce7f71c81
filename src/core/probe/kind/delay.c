// SPDX-License-Identifier: MIT
/* delay:TIME: ready this long after the start, for programs without any other
 * sign. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/probe/kind/kinds.h"

struct delay {
	int64_t us;
	int64_t left_us; /* at the last look; at first unknown, 0 */
};

static int probe_delay_parse(struct probe *probe, const char *rest,
			     struct fault *fault)
{
	struct delay *delay = calloc(1, sizeof(*delay));

	if (!delay)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = delay;
	if (text_duration(rest, &delay->us) < 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not a time such as 1.5s or 200ms",
				 rest);
	return 0;
}

static int probe_delay_look(struct probe *probe, const struct probe_view *view,
			    struct fault *fault)
{
	struct delay *delay = probe->state;
	int64_t past = view->now_us - view->started_us;

	(void)fault;
	if (past >= delay->us)
		return 1;
	delay->left_us = delay->us - past;
	(void)snprintf(probe->reason, sizeof(probe->reason),
		       "%" PRId64 ".%01d s to go", delay->left_us / 1000000,
		       (int)(delay->left_us / 100000 % 10));
	return 0;
}

static int64_t probe_delay_interval_us(const struct probe *probe)
{
	const struct delay *delay = probe->state;

	return delay->left_us > 0 ? delay->left_us : 1;
}

static void close_delay(struct probe *probe)
{
	free(probe->state);
	probe->state = NULL;
}

const struct probe_ops probe_delay = {
	.kind = "delay",
	.form = "delay:TIME",
	.parse = probe_delay_parse,
	.look = probe_delay_look,
	.interval_us = probe_delay_interval_us,
	.close = close_delay,
};
