// SPDX-License-Identifier: MIT
/* What the guard is told, above all the last packet, and the end of the relay.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "via/relay.h"

/* If the command was stopped, its last output has this time. Otherwise it waits
 * for its reader, as the command itself would. */
#define LAST_OUTPUT_US 2000000LL

void relay_tell(struct relay *relay, struct remote_packet *packet)
{
	/* A guard that reads nothing has been suspended, and later sees the
	 * newest state in the report. */
	if (relay->guard >= 0 && remote_send(relay->guard, packet) == -EPIPE)
		cleanup_close(&relay->guard);
}

void relay_tell_text(struct relay *relay, enum remote_kind kind,
		     const char *text)
{
	struct remote_packet packet = { .kind = (uint32_t)kind };

	text_copy(packet.text, sizeof(packet.text), text);
	relay_tell(relay, &packet);
}

void relay_tell_unwritten(struct relay *relay)
{
	static const char *const names[] = { "standard output",
					     "standard error" };

	for (int i = 0; i < 2; i++) {
		struct remote_packet packet = { .kind = REMOTE_UNWRITTEN };
		int r = relay_output_failure(relay, i);

		if (r >= 0 || relay->outputs[i].is_told)
			continue;
		relay->outputs[i].is_told = true;
		(void)snprintf(packet.text, sizeof(packet.text),
			       "cannot write %s: %s", names[i], strerror(-r));
		relay_tell(relay, &packet);
	}
}

static void ending_begin(struct relay *relay, struct remote_packet *packet,
			 bool may_wait)
{
	if (relay->end)
		return;
	relay->end = packet->kind;
	relay->state = RELAY_ENDED;
	relay->deadline_us = relay->ping_us = -1;
	relay_tell(relay, packet);
	relay_input_close(&relay->input);
	request_flush(relay);
	transport_close(relay);
	if (!may_wait)
		relay->flush_us = clock_in_us(LAST_OUTPUT_US);
}

void relay_end_report(struct relay *relay, const struct jig_report *report)
{
	struct remote_packet packet = { .kind = REMOTE_REPORT };

	report_copy(&packet.report, report);
	ending_begin(relay, &packet, report->reason == JIG_REASON_EXIT);
}

static void ending_with_text(struct relay *relay, struct remote_packet *packet,
			     const char *text)
{
	text_copy(packet->text, sizeof(packet->text), text);
	ending_begin(relay, packet, false);
	/* What still writes is not blocked by us. */
	lines_close(&relay->from);
	/* Nothing there is to be waited for, but for a script that removes a
	 * copy at the end of its input. */
	if (!relay->order.pushes)
		relay->kill_us = clock_us();
}

void relay_end_refused(struct relay *relay, int error, int stage,
		       const char *text)
{
	struct remote_packet packet = { .kind = REMOTE_REFUSED,
					.number = error,
					.us = stage };

	ending_with_text(relay, &packet, text);
}

void relay_end_terminal(struct relay *relay)
{
	relay_end_refused(relay, -ENOTSUP, BOARD_NO_STAGE,
			  "the transport gives jig there a terminal, which "
			  "changes what it passes on: see the options of the "
			  "transport ('ssh -T', 'podman exec -i' without -t)");
}

void relay_end_stopped(struct relay *relay)
{
	struct remote_packet packet = { .kind = REMOTE_STOPPED };

	ending_with_text(relay, &packet, "");
}

void relay_end_lost(struct relay *relay, const char *text)
{
	struct remote_packet packet = { .kind = REMOTE_LOST };

	ending_with_text(relay, &packet, text);
}
