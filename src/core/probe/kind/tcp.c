// SPDX-License-Identifier: MIT
/*
 * tcp:[HOST:]PORT [owner=any]: a process of the fixture listens there.
 *
 * Asks the kernel's table and not the server: nothing shows in its log, and a
 * foreign listener is told from ours. An address of another machine, or one
 * where any process may listen (owner=any: a port that a container engine holds
 * or only forwards), can only be checked with connect(2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "core/probe/connector.h"
#include "core/probe/kind/kinds.h"
#include "core/probe/ownership.h"

struct tcp {
	struct endpoint endpoint;
	struct ownership ownership;
	bool remote; /* or owner=any: no ownership is proved */
	struct connector connector;
};

static int probe_tcp_parse(struct probe *probe, const char *rest,
			   struct fault *fault)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (!tcp)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = tcp;
	tcp->connector = CONNECTOR_NONE;

	CLEANUP_FREE char *address = NULL;
	int any = endpoint_take_owner(rest, &address, fault);
	int r = any < 0 ? any
			: endpoint_parse(address, 0, &tcp->endpoint, fault);

	if (r == 0)
		tcp->remote = any || endpoint_is_remote(&tcp->endpoint);
	return r;
}

static int probe_tcp_look(struct probe *probe, const struct probe_view *view,
			  struct fault *fault)
{
	struct tcp *tcp = probe->state;

	if (!tcp->remote)
		return ownership_look(&tcp->ownership, &tcp->endpoint, view,
				      probe, NULL, fault);
	tcp->connector.attempt_us = probe_limit_us(probe, CONNECTOR_ATTEMPT_US);
	return connector_look(&tcp->connector, &tcp->endpoint, NULL,
			      probe->reason);
}

static int probe_tcp_descriptor(const struct probe *probe, short *ret_events)
{
	const struct tcp *tcp = probe->state;

	return connector_descriptor(&tcp->connector, ret_events);
}

static int64_t probe_tcp_interval_us(const struct probe *probe)
{
	const struct tcp *tcp = probe->state;

	return tcp->remote ? connector_interval_us(&tcp->connector)
			   : ownership_interval_us(&tcp->ownership);
}

static bool probe_tcp_is_pending(const struct probe *probe)
{
	const struct tcp *tcp = probe->state;

	return tcp->connector.fd >= 0 && !tcp->connector.connected;
}

static void probe_tcp_again(struct probe *probe)
{
	struct tcp *tcp = probe->state;

	connector_close(&tcp->connector);
	tcp->ownership.looks = 0;
}

static int probe_tcp_occupied(const struct probe *probe,
			      const struct probe_view *view,
			      struct fault *fault)
{
	const struct tcp *tcp = probe->state;
	bool any = tcp->remote;

	return ownership_occupied(&tcp->ownership, &tcp->endpoint, view,
				  probe->text, any, fault);
}

static void close_tcp(struct probe *probe)
{
	struct tcp *tcp = probe->state;

	if (tcp)
		connector_free(&tcp->connector);
	free(tcp);
	probe->state = NULL;
}

const struct probe_ops probe_tcp = {
	.kind = "tcp",
	.form = "tcp:[HOST:]PORT, then owner=any if wanted",
	.parse = probe_tcp_parse,
	.look = probe_tcp_look,
	.descriptor = probe_tcp_descriptor,
	.interval_us = probe_tcp_interval_us,
	.is_pending = probe_tcp_is_pending,
	.again = probe_tcp_again,
	.occupied = probe_tcp_occupied,
	.close = close_tcp,
};
