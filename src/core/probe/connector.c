// SPDX-License-Identifier: MIT
#include "core/probe/connector.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"

#define TRY_MS 20

static int connector_fail(struct connector *connector, int error,
			  char reason[PROBE_REASON])
{
	connector_close(connector);
	(void)snprintf(reason, PROBE_REASON, "%s", strerror(error));
	return 0;
}

/* connect(2) looks a path up: by a child, since that may not be answered. */
static int connector_ask(struct connector *connector, const char *path,
			 char reason[PROBE_REASON])
{
	struct answer answer;
	int r = asking_ask(&connector->asking, ASKING_CONNECT, path, &answer);

	if (r < 0 || (r > 0 && answer.error))
		return connector_fail(connector, r < 0 ? -r : answer.error,
				      reason);
	if (r == 0) {
		if (asking_is_late(&connector->asking))
			(void)snprintf(reason, PROBE_REASON, "%s",
				       ASKING_SILENT);
		return 0;
	}
	asking_close(&connector->asking);
	connector->fd = answer.fd;
	connector->deadline_us = clock_in_us(connector->attempt_us);
	connector->connected = true;
	return 1;
}

static int connector_begin(struct connector *connector,
			   const struct endpoint *endpoint,
			   const struct listener *listener,
			   char reason[PROBE_REASON])
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_address(endpoint, listener, &address);

	if (endpoint->kind == ENDPOINT_UNIX && endpoint->path[0] != '@')
		return connector_ask(connector, endpoint->path, reason);
	connector->fd = socket(address.ss_family,
			       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connector->fd < 0)
		return connector_fail(connector, errno, reason);
	connector->deadline_us = clock_in_us(connector->attempt_us);
	/* EAGAIN: a unix socket's queue is full. */
	if (connect(connector->fd, (struct sockaddr *)&address, size) == 0)
		connector->connected = true;
	else if (errno != EINPROGRESS)
		return connector_fail(connector, errno, reason);
	/* Why the last attempt failed tells more. */
	if (!reason[0])
		(void)snprintf(reason, PROBE_REASON, "connecting");
	return connector->connected;
}

bool connector_is_late(const struct connector *connector)
{
	return connector->fd >= 0 && clock_us() >= connector->deadline_us;
}

static int connector_look_once(struct connector *connector,
			       const struct endpoint *endpoint,
			       const struct listener *listener,
			       char reason[PROBE_REASON])
{
	struct pollfd poll_fd = { .fd = connector->fd, .events = POLLOUT };
	int error = 0;

	if (connector->connected)
		return 1;
	if (connector->fd < 0)
		return connector_begin(connector, endpoint, listener, reason);
	if (poll_fds(&poll_fd, 1, 0) != 1)
		return connector_is_late(connector)
			       ? connector_fail(connector, ETIMEDOUT, reason)
			       : 0;
	if (getsockopt(connector->fd, SOL_SOCKET, SO_ERROR, &error,
		       &(socklen_t){ sizeof(error) }) < 0)
		error = errno;
	if (error)
		return connector_fail(connector, error, reason);
	connector->connected = true;
	return 1;
}

int connector_look(struct connector *connector, const struct endpoint *endpoint,
		   const struct listener *listener, char reason[PROBE_REASON])
{
	static const struct listener six = { .v6 = true };
	int r;

	if (listener || endpoint->kind != ENDPOINT_LOCALHOST)
		return connector_look_once(connector, endpoint, listener,
					   reason);
	do {
		r = connector_look_once(connector, endpoint,
					connector->v6 ? &six : NULL, reason);
		if (r > 0 || connector->fd >= 0)
			return r;
		/* Refused: at once the other of the two, but no third time. */
		connector->v6 = !connector->v6;
	} while (connector->v6);
	return 0;
}

int connector_descriptor(const struct connector *connector, short *ret_events)
{
	if (connector->asking.awaited) {
		*ret_events = POLLIN;
		return asking_descriptor(&connector->asking);
	}
	*ret_events = POLLOUT;
	return connector->connected ? -1 : connector->fd;
}

int64_t connector_interval_us(const struct connector *connector)
{
	int64_t left = connector->deadline_us - clock_us();

	if (connector->fd < 0)
		return CONNECTOR_PAUSE_US;
	return left > 1000 ? left : 1000;
}

bool connector_try(const struct endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_address(endpoint, NULL, &address);
	CLEANUP_CLOSE int fd =
		socket(address.ss_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd made = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&address, size) == 0)
		return true;
	return errno == EINPROGRESS && poll_fds(&made, 1, TRY_MS) == 1 &&
	       !(made.revents & (POLLERR | POLLHUP));
}

void connector_close(struct connector *connector)
{
	cleanup_close(&connector->fd);
	connector->connected = false;
	connector->deadline_us = 0;
}

void connector_free(struct connector *connector)
{
	connector_close(connector);
	asking_close(&connector->asking);
}
