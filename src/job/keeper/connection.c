// SPDX-License-Identifier: MIT
/* One connection to the job's socket: accept, read, answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/retry.h"
#include "job/keeper/parts.h"

#define CHUNK 65536

/* Our user; or root, which may do all of it without the socket. */
static bool keeper_connection_is_allowed(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static int keeper_connection_add(struct keeper *keeper, int fd)
{
	struct client *client = calloc(1, sizeof(*client));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

	if (!client)
		return -ENOMEM;
	*client = (struct client){ .fd = fd,
				   .status = -1,
				   .until = UINT64_MAX,
				   .events = EPOLLIN,
				   .next = keeper->clients };
	if (epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(client);
		return -errno;
	}
	keeper->clients = client;
	return 0;
}

void connection_accept(struct keeper *keeper)
{
	CLEANUP_CLOSE int fd = RETRY(accept4(keeper->listener, NULL, NULL,
					     SOCK_CLOEXEC | SOCK_NONBLOCK));

	if (fd < 0 && errno != EAGAIN && errno != EINTR &&
	    errno != ECONNABORTED)
		flow_pause_accepting(keeper);
	if (fd >= 0 && keeper_connection_is_allowed(fd) &&
	    keeper_connection_add(keeper, fd) == 0)
		(void)take_fd(&fd);
}

/* All complete frames. */
static int keeper_connection_take_frames(struct keeper *keeper,
					 struct client *client)
{
	size_t used = 0;
	int r = 0;

	while (r == 0 && used < client->in.used && !client->raw) {
		struct frame frame;
		long n = frame_parse(client->in.text + used,
				     client->in.used - used, &frame);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		r = request_take(keeper, client, &frame);
		used += (size_t)n;
	}
	buffer_drop(&client->in, used);
	if (client->in.used == 0)
		buffer_free(&client->in);
	return r;
}

static int take_bytes(struct keeper *keeper, struct client *client,
		      const char *bytes, size_t size)
{
	if (client->raw) {
		if (!client->read_only)
			flow_type(keeper, bytes, size);
		return 0;
	}
	buffer_add(&client->in, bytes, size);
	return client->in.error ? client->in.error
				: keeper_connection_take_frames(keeper, client);
}

/* @return 0, or -errno: close the connection. */
static int keeper_connection_receive(struct keeper *keeper,
				     struct client *client)
{
	char bytes[CHUNK];
	ssize_t n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n > 0)
		return take_bytes(keeper, client, bytes, (size_t)n);
	/* End of file. A client that only types may wait for the status. */
	if (client->kind != CLIENT_TYPING || client->has_sent_all)
		return -EPIPE;
	client->has_sent_all = true;
	if (keeper->typed.used == 0)
		client_end(client, 0);
	return 0;
}

void connection_work(struct keeper *keeper, struct client *client,
		     uint32_t events)
{
	int r = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && client->status < 0)
		r = keeper_connection_receive(keeper, client);
	else if (events & (EPOLLHUP | EPOLLERR))
		r = -EPIPE;
	if (r == 0) {
		client_count_terminals(keeper); /* before the answer */
		r = flow_send(keeper, client);
	}
	if (r < 0)
		flow_drop_client(keeper, client);
	flow_watch(keeper);
}
