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

static int probe_unix_parse(struct probe *probe, const char *rest,
			    struct fault *fault)
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

static int probe_unix_look(struct probe *probe, const struct probe_view *view,
			   struct fault *fault)
{
	struct unix_state *state = probe->state;

	if (state->any)
		return connector_look(&state->connector, &state->endpoint, NULL,
				      probe->reason);
	return ownership_look(&state->ownership, &state->endpoint, view, probe,
			      NULL, fault);
}

static int probe_unix_descriptor(const struct probe *probe, short *ret_events)
{
	const struct unix_state *state = probe->state;

	if (state->any)
		return connector_descriptor(&state->connector, ret_events);
	*ret_events = POLLIN;
	return asking_descriptor(&state->ownership.asking);
}

static int64_t probe_unix_interval_us(const struct probe *probe)
{
	const struct unix_state *state = probe->state;

	return state->any ? connector_interval_us(&state->connector)
			  : ownership_interval_us(&state->ownership);
}

static bool probe_unix_is_pending(const struct probe *probe)
{
	const struct unix_state *state = probe->state;

	return state->connector.asking.awaited ||
	       state->ownership.asking.awaited;
}

static void probe_unix_again(struct probe *probe)
{
	struct unix_state *state = probe->state;

	connector_close(&state->connector);
	state->ownership.looks = 0;
}

static int probe_unix_occupied(const struct probe *probe,
			       const struct probe_view *view,
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
	.parse = probe_unix_parse,
	.look = probe_unix_look,
	.descriptor = probe_unix_descriptor,
	.interval_us = probe_unix_interval_us,
	.is_pending = probe_unix_is_pending,
	.again = probe_unix_again,
	.occupied = probe_unix_occupied,
	.close = close_unix,
};
