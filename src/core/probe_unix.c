// SPDX-License-Identifier: MIT
/*
 * unix:PATH, unix:@ABSTRACT: a process of the fixture listens on that socket.
 *
 * The file alone tells nothing: a server that was killed leaves it behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ownership.h"

struct unix_state {
	struct endpoint endpoint;
	struct ownership ownership;
};

static int parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct unix_state *state = calloc(1, sizeof(*state));

	if (!state)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = state;
	return endpoint_parse_unix(rest, &state->endpoint, fault);
}

static int look(struct probe *probe, const struct probe_view *view,
		struct fault *fault)
{
	struct unix_state *state = probe->state;

	return ownership_look(&state->ownership, &state->endpoint, view, probe,
			      NULL, fault);
}

static int64_t interval_us(const struct probe *probe)
{
	const struct unix_state *state = probe->state;

	return ownership_interval_us(&state->ownership);
}

static void again(struct probe *probe)
{
	struct unix_state *state = probe->state;

	state->ownership.looks = 0;
}

static void close_unix(struct probe *probe)
{
	free(probe->state);
	probe->state = NULL;
}

const struct probe_ops probe_unix = {
	.kind = "unix",
	.form = "unix:PATH or unix:@NAME",
	.parse = parse,
	.look = look,
	.interval_us = interval_us,
	.again = again,
	.close = close_unix,
};
