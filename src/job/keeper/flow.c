// SPDX-License-Identifier: MIT
/*
 * Bytes between the job and its clients.
 *
 * The output is in the ring, and each client has a position in it; per client,
 * only the chunk that is being sent is stored. If a client is far behind, the
 * keeper stops reading output, as a slow terminal would. If a client takes
 * nothing for a second, the job no longer waits for it; the client then misses
 * the output that the ring has overwritten.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "job/keeper/parts.h"

#define CHUNK 32768
/* The job waits for a client that is behind by more than this. */
#define BEHIND_MAX (128UL * 1024)
#define STALL_S 1
/* Time for a program to read the size of its terminal. */
#define REDRAW_NS 50000000
#define TYPED_MAX (256UL * 1024)

/* -------------------------------------------------------------- output */

static bool is_streaming(const struct client *client)
{
	return client->kind == CLIENT_ATTACHED ||
	       client->kind == CLIENT_FOLLOWING;
}

static void add_chunk(struct keeper *keeper, struct client *client)
{
	char chunk[CHUNK];
	uint64_t wanted = client->at;
	uint64_t most = client->until - client->at;
	size_t size =
		ring_copy(keeper->capture->ring, &client->at, chunk,
			  most < sizeof(chunk) ? (size_t)most : sizeof(chunk));

	if (size == 0)
		return;
	if (client->at != wanted && !client->raw) {
		char text[64];
		int n = snprintf(text, sizeof(text),
				 "%llu bytes of output were skipped\n",
				 (unsigned long long)(client->at - wanted));

		frame_add(&client->out, FRAME_ERR, text, (size_t)n);
	}
	client->at += size;
	if (client->raw)
		buffer_add(&client->out, chunk, size);
	else
		frame_add(&client->out, FRAME_OUT, chunk, size);
}

/* Called when everything is sent: the next chunk, or the status. */
static void refill(struct keeper *keeper, struct client *client)
{
	client->out.used = client->out_sent = 0;
	if (is_streaming(client) && keeper->capture->ring &&
	    client->at < client->until)
		add_chunk(keeper, client);
	if (client->out.used == 0 && client->status >= 0 &&
	    !client->status_queued) {
		unsigned char status = (unsigned char)client->status;

		client->status_queued = true;
		if (!client->raw)
			frame_add(&client->out, FRAME_STATUS, &status, 1);
	}
}

int flow_send(struct keeper *keeper, struct client *client)
{
	for (;;) {
		if (client->out_sent == client->out.used)
			refill(keeper, client);
		if (client->out.error)
			return client->out.error;
		if (client->out.used == 0)
			return client->status_queued ? -EPIPE : 0;
		ssize_t n =
			send(client->fd, client->out.text + client->out_sent,
			     client->out.used - client->out_sent,
			     MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		client->out_sent += (size_t)n;
	}
}

void flow_drop_client(struct keeper *keeper, struct client *client)
{
	client_free(keeper, client);
	flow_resize(keeper);
}

void flow_send_all(struct keeper *keeper)
{
	struct client *next;

	for (struct client *client = keeper->clients; client; client = next) {
		next = client->next;
		if (flow_send(keeper, client) < 0)
			flow_drop_client(keeper, client);
	}
	flow_watch(keeper);
}

static uint64_t behind(const struct keeper *keeper, const struct client *client)
{
	uint64_t total = ring_total(keeper->capture->ring);
	uint64_t end = client->until < total ? client->until : total;

	return is_streaming(client) && client->at < end ? end - client->at : 0;
}

static void set_timer(struct keeper *keeper)
{
	bool on = keeper->redraws || keeper->capture->paused ||
		  keeper->accepting_paused;
	struct itimerspec time = { .it_value.tv_sec = on ? STALL_S : 0,
				   .it_interval.tv_sec = on ? STALL_S : 0 };

	if (keeper->redraws)
		time.it_value = (struct timespec){ .tv_nsec = REDRAW_NS };
	(void)timerfd_settime(keeper->timer, 0, &time, NULL); /* Valid. */
}

/* The job waits while a client is far behind and not stalled. */
static void update_paused(struct keeper *keeper)
{
	bool paused = false;

	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		uint64_t owed = behind(keeper, client);

		if (owed == 0)
			client->stalled = false;
		paused |= owed > BEHIND_MAX && !client->stalled;
	}
	if (paused == keeper->capture->paused)
		return;
	keeper->capture->paused = paused;
	for (struct client *client = keeper->clients; client;
	     client = client->next)
		client->at_last_tick = client->at;
	set_timer(keeper);
}

static void listen_for(struct keeper *keeper, uint32_t events)
{
	struct epoll_event event = { .events = events,
				     .data.ptr = &keeper->listener };

	(void)epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, keeper->listener,
			&event); /* No error: it was added. */
}

void flow_pause_accepting(struct keeper *keeper)
{
	keeper->accepting_paused = true;
	listen_for(keeper, 0);
	set_timer(keeper);
}

static void resume_accepting(struct keeper *keeper)
{
	if (!keeper->accepting_paused)
		return;
	keeper->accepting_paused = false;
	listen_for(keeper, EPOLLIN);
	set_timer(keeper);
}

void flow_tick(struct keeper *keeper)
{
	uint64_t times;

	if (read(keeper->timer, &times, sizeof(times)) < 0)
		return;
	if (keeper->redraws) {
		keeper->redraws = false;
		flow_resize(keeper);
		set_timer(keeper);
		return;
	}
	resume_accepting(keeper);
	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		if (client->at == client->at_last_tick &&
		    behind(keeper, client) > BEHIND_MAX)
			client->stalled = true;
		client->at_last_tick = client->at;
	}
	flow_watch(keeper);
}

/* --------------------------------------------------------------- input */

bool flow_has_room(const struct keeper *keeper)
{
	return keeper->typed.used < TYPED_MAX;
}

void flow_type(struct keeper *keeper, const char *bytes, size_t size)
{
	if (keeper->pty.master < 0)
		return;
	buffer_add(&keeper->typed, bytes, size);
	flow_write(keeper);
}

/* Does not free them: one of them may be the client that is served now. */
static void end_typing_clients(struct keeper *keeper)
{
	for (struct client *client = keeper->clients; client;
	     client = client->next)
		if (client->has_sent_all)
			client_end(client, 0);
}

void flow_write(struct keeper *keeper)
{
	struct buffer *typed = &keeper->typed;
	size_t done = 0;

	while (done < typed->used) {
		ssize_t n = write(keeper->pty.master, typed->text + done,
				  typed->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			n = (ssize_t)(typed->used - done); /* Hung up. */
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buffer_drop(typed, done);
	if (typed->used == 0) {
		buffer_free(typed);
		end_typing_clients(keeper);
	}
	flow_watch(keeper);
}

/* --------------------------------------------------------------- epoll */

static uint32_t wanted_events(const struct keeper *keeper,
			      const struct client *client)
{
	bool types = client->kind == CLIENT_ATTACHED ||
		     client->kind == CLIENT_TYPING;
	uint32_t events = 0;

	/* A client with a status is not read any more (connection_work). */
	if (client->status < 0 && !client->has_sent_all &&
	    (!types || flow_has_room(keeper)))
		events |= EPOLLIN;
	if (client->out_sent < client->out.used ||
	    (client->has_sent_all && client->status >= 0))
		events |= EPOLLOUT;
	return events;
}

static void watch_terminal(struct keeper *keeper)
{
	bool wanted = keeper->typed.used > 0;
	struct epoll_event event = { .events = wanted ? EPOLLOUT : 0,
				     .data.ptr = &keeper->pty };

	if (keeper->pty.master < 0 || wanted == keeper->awaits_room)
		return;
	keeper->awaits_room = wanted;
	(void)epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, keeper->pty.master,
			&event); /* No error: it was added. */
}

void flow_watch(struct keeper *keeper)
{
	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		struct epoll_event event = {
			.events = wanted_events(keeper, client),
			.data.ptr = client,
		};

		if (event.events == client->events)
			continue;
		client->events = event.events;
		(void)epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, client->fd,
				&event); /* No error: it was added. */
	}
	watch_terminal(keeper);
	if (keeper->capture)
		update_paused(keeper);
}

/* ---------------------------------------------------------------- size */

void flow_resize(struct keeper *keeper)
{
	struct winsize size = { 0 }, now;

	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		if (client->kind != CLIENT_ATTACHED || client->read_only)
			continue;
		/* The list begins with the newest client. */
		if (keeper->newest_size && size.ws_row)
			break;
		pty_size_fit(&size, &client->size);
	}
	if (!size.ws_row || !size.ws_col || keeper->pty.master < 0)
		return;
	if (keeper->redraws && size.ws_row > 1)
		size.ws_row--;
	if (ioctl(keeper->pty.master, TIOCGWINSZ, &now) == 0 &&
	    now.ws_row == size.ws_row && now.ws_col == size.ws_col)
		return;
	(void)pty_resize(&keeper->pty, &size); /* A valid size. */
}

void flow_redraw(struct keeper *keeper)
{
	keeper->redraws = true;
	flow_resize(keeper);
	set_timer(keeper);
}
