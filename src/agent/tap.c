// SPDX-License-Identifier: MIT
/* Reading what a fixture writes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "event/event.h"

/* One read(2): what a pipe holds. A terminal gives a page at a time. */
#define BLOCK 65536

/* Send while there is room. The rest is sent when the client has read more. */
void written_pump(struct served *served)
{
	struct agent *agent = served->agent;

	while (served->was_answered && written_may_send(&served->written)) {
		struct json json = { 0 };

		if (!queue_has_room(&agent->queue)) {
			agent->is_starved = true;
			return;
		}
		written_next(&served->written, served->name, &json);
		agent_tell(agent, &json);
	}
}

/* A character that is not complete waits for its rest. */
static void tap_give(struct tap *tap, char *bytes, size_t size, bool is_last)
{
	struct served *served = tap->served;
	bool is_text = served->recipe.output == RECIPE_EVENTS &&
		       !served->recipe.is_base64;
	size_t partial = is_text && !is_last ? written_partial(bytes, size) : 0;

	memcpy(tap->partial, bytes + size - partial, partial);
	tap->partial_size = partial;
	/* Without memory it is counted as lost. */
	if (size > partial)
		(void)written_add(&served->written, &served->recipe,
				  tap->stream, bytes, size - partial);
}

static void tap_close(struct tap *tap)
{
	polled_close(&tap->served->agent->poller, &tap->polled);
	if (tap->partial_size > 0)
		tap_give(tap, tap->partial, tap->partial_size, true);
	tap->partial_size = 0;
	/* A terminal is closed with its fixture: this would be a hang-up. */
	if (tap->fd != tap->served->pty.master)
		cleanup_close(&tap->fd);
	tap->fd = -1;
}

/* @return whether anything was read. */
static bool tap_read(struct tap *tap)
{
	char bytes[sizeof(tap->partial) + BLOCK];
	size_t kept = tap->partial_size;
	ssize_t n = read(tap->fd, bytes + kept, BLOCK);

	if (n > 0) {
		memcpy(bytes, tap->partial, kept);
		tap_give(tap, bytes, kept + (size_t)n, false);
		return true;
	}
	/* EIO: all processes have closed the terminal. */
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		tap_close(tap);
	return false;
}

static void tap_is_ready(void *context, uint32_t events)
{
	struct tap *tap = context;

	(void)events;
	(void)tap_read(tap);
	written_pump(tap->served);
}

static int tap_open(struct served *served, enum written_stream stream, int fd)
{
	struct tap *tap = &served->taps[stream];

	*tap = (struct tap){
		.served = served,
		.fd = fd,
		.stream = stream,
		.polled = { .fd = -1, .ready = tap_is_ready, .context = tap },
	};
	if (fd != served->pty.master)
		(void)fcntl(fd, F_SETFL, O_NONBLOCK); /* Ours alone. */
	return polled_open(&served->agent->poller, &tap->polled, fd, EPOLLIN);
}

int taps_begin(struct served *served)
{
	int r = 0;

	if (served->pty.master >= 0)
		return tap_open(served, WRITTEN_OUT, served->pty.master);
	for (int i = 0; r == 0 && i < 2; i++) {
		int fd = jig_take_pipe(served->fixture, i + 1);

		if (fd >= 0)
			r = tap_open(served, (enum written_stream)i, fd);
	}
	return r;
}

void taps_finish(struct served *served)
{
	for (int i = 0; i < 2; i++) {
		struct tap *tap = &served->taps[i];
		int size = tap->fd < 0 ? 0 : fcntl(tap->fd, F_GETPIPE_SZ);

		/* At most what a pipe holds: a process outside of the fixture
		 * may have it, too. */
		for (int k = 0; k <= (size > 0 ? size : BLOCK) / 4096; k++)
			if (tap->fd < 0 || !tap_read(tap))
				break;
		if (tap->fd >= 0)
			tap_close(tap);
	}
}
