// SPDX-License-Identifier: MIT
#include "agent/wire/poller.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Events of one round. */
#define ROUND 64

int poller_open(struct poller *ret)
{
	*ret = (struct poller){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
	return ret->epoll < 0 ? -errno : 0;
}

void poller_close(struct poller *poller)
{
	cleanup_close(&poller->epoll);
}

int polled_open(struct poller *poller, struct polled *polled, int fd,
		uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = polled };

	if (epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	polled->fd = fd;
	polled->events = events;
	return 0;
}

void polled_open_file(struct poller *poller, struct polled *polled, int fd,
		      uint32_t events)
{
	poller->file = polled;
	polled->fd = fd;
	polled->events = events;
}

void polled_change(struct poller *poller, struct polled *polled,
		   uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = polled };

	if (polled->fd < 0 || polled->events == events)
		return;
	polled->events = events;
	/* It is there: a failure would be of our own making. */
	if (poller->file != polled)
		(void)epoll_ctl(poller->epoll, EPOLL_CTL_MOD, polled->fd,
				&event);
}

void polled_close(struct poller *poller, struct polled *polled)
{
	if (polled->fd < 0)
		return;
	if (poller->file == polled)
		poller->file = NULL;
	else
		(void)epoll_ctl(poller->epoll, EPOLL_CTL_DEL, polled->fd, NULL);
	polled->fd = -1;
}

static bool has_work(const struct polled *file)
{
	return file && (file->events & EPOLLIN);
}

void poller_run(struct poller *poller, int timeout_ms)
{
	struct epoll_event events[ROUND];
	int count = epoll_wait(poller->epoll, events, ROUND,
			       has_work(poller->file) ? 0 : timeout_ms);

	for (int i = 0; i < count; i++) {
		struct polled *polled = events[i].data.ptr;

		if (polled->fd >= 0)
			polled->ready(polled->context, events[i].events);
	}
	if (has_work(poller->file))
		poller->file->ready(poller->file->context,
				    poller->file->events);
}
