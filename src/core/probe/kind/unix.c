// SPDX-License-Identifier: MIT
/*
 * unix:PATH, unix:@ABSTRACT [owner=any]: a process of the fixture listens on
 * that socket. With owner=any the listener may be any process; connect(2)
 * checks it.
 *
 * The file alone proves nothing: a server that was killed leaves it behind.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "core/probe/connector.h"
#include "core/probe/kind/kinds.h"
#include "core/probe/ownership.h"

struct unix_state {
	struct endpoint endpoint;
	struct ownership ownership;
	bool any; /* owner=any */
	struct connector connector;
};

static int parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct unix_state *state = calloc(1, sizeof(*state));

	if (!state)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = state;
	state->connector = CONNECTOR_NONE;

	CLEANUP_FREE char *path = NULL;
	int any = endpoint_take_owner(rest, &path, fault);

	state->any = any == 1;
	return any < 0 ? any
		       : endpoint_parse_unix(path, &state->endpoint, fault);
}

static int look(struct probe *probe, const struct probe_view *view,
		struct fault *fault)
{
	struct unix_state *state = probe->state;

	if (state->any)
		return connector_look(&state->connector, &state->endpoint, NULL,
				      probe->reason);
	return ownership_look(&state->ownership, &state->endpoint, view, probe,
			      NULL, fault);
}

static int descriptor(const struct probe *probe, short *ret_events)
{
	const struct unix_state *state = probe->state;

	if (state->any)
		return connector_descriptor(&state->connector, ret_events);
	*ret_events = POLLIN;
	return asking_descriptor(&state->ownership.asking);
}

static int64_t interval_us(const struct probe *probe)
{
	const struct unix_state *state = probe->state;

	return state->any ? connector_interval_us(&state->connector)
			  : ownership_interval_us(&state->ownership);
}

static bool is_pending(const struct probe *probe)
{
	const struct unix_state *state = probe->state;

	return state->connector.asking.awaited ||
	       state->ownership.asking.awaited;
}

static void again(struct probe *probe)
{
	struct unix_state *state = probe->state;

	connector_close(&state->connector);
	state->ownership.looks = 0;
}

static int occupied(const struct probe *probe, const struct probe_view *view,
		    struct fault *fault)
{
	const struct unix_state *state = probe->state;

	return ownership_occupied(&state->ownership, &state->endpoint, view,
				  probe->text, state->any, fault);
}

static void close_unix(struct probe *probe)
{
	struct unix_state *state = probe->state;

	if (state) {
		connector_free(&state->connector);
		ownership_free(&state->ownership);
	}
	free(state);
	probe->state = NULL;
}

const struct probe_ops probe_unix = {
	.kind = "unix",
	.form = "unix:PATH or unix:@NAME, then owner=any if wanted",
	.parse = parse,
	.look = look,
	.descriptor = descriptor,
	.interval_us = interval_us,
	.is_pending = is_pending,
	.again = again,
	.occupied = occupied,
	.close = close_unix,
};
