/* SPDX-License-Identifier: MIT */
/*
 * The descriptors that `jig agent` waits for, on one epoll(7).
 *
 * Invariant: nothing is called after polled_close(). The memory of a struct
 * polled stays until poller_run() returns, because its event may have come in
 * the same round.
 *
 * One descriptor that cannot be polled (a file) is ready in each round.
 */
#ifndef JIG_AGENT_WIRE_POLLER_H
#define JIG_AGENT_WIRE_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct polled {
	int fd; /* the owner's; -1: not watched */
	uint32_t events; /* EPOLLIN …; EPOLLERR and EPOLLHUP always come */
	void (*ready)(void *context, uint32_t events);
	void *context;
};

#define POLLED_NONE                                                            \
	{                                                                      \
		.fd = -1                                                       \
	}

struct poller {
	int epoll;
	struct polled *file; /* the one that cannot be polled, or NULL */
};

/** @return 0 or -errno. */
int poller_open(struct poller *ret);
void poller_close(struct poller *poller);

/** Watch a descriptor; @polled has `ready` and `context`.
 * @return 0; -EPERM it cannot be polled; or -errno. */
int polled_open(struct poller *poller, struct polled *polled, int fd,
		uint32_t events);
/** The same for the one that cannot be polled. */
void polled_open_file(struct poller *poller, struct polled *polled, int fd,
		      uint32_t events);
/** Other events; 0: only errors and the end. */
void polled_change(struct poller *poller, struct polled *polled,
		   uint32_t events);
/** No more events. Accepts one that is not watched. */
void polled_close(struct poller *poller, struct polled *polled);

/** Wait once, and call each that is ready. */
void poller_run(struct poller *poller, int timeout_ms);

#endif
