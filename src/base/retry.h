/* SPDX-License-Identifier: MIT */
/*
 * System calls that a signal handler interrupts (EINTR). A host of libjig may
 * have handlers without SA_RESTART, so every call of the library that may block
 * is retried.
 *
 * The other ways to wait: poll_fds() (base/poll.h), which keeps to its time
 * limit, and clock_sleep_us() (base/clock.h).
 *
 * Not to be retried:
 *   close     Linux has freed the number already
 *   connect   of a TCP socket that blocks: it goes on, see connect(2). One of a
 *             unix socket has not begun, and is retried
 *   a call with a time limit of its own (SO_SNDTIMEO): the limit would begin
 *             again with each signal, see retry_connect()
 */
#ifndef JIG_BASE_RETRY_H
#define JIG_BASE_RETRY_H

#include <errno.h>
#include <stdint.h>
#include <sys/un.h>

/** The value of @call, which is made again while it fails with EINTR. */
#define RETRY(call)                                                            \
	__extension__({                                                        \
		__typeof__(call) retry_result;                                 \
                                                                               \
		do                                                             \
			retry_result = (call);                                 \
		while (retry_result < 0 && errno == EINTR);                    \
		retry_result;                                                  \
	})

/**
 * Connect a socket that blocks. If the server's queue is full, connect(2) waits
 * for ever; this one waits for @limit_us at most.
 * @return  0; -ETIMEDOUT; or -errno.
 */
int retry_connect(int fd, const struct sockaddr_un *address, int64_t limit_us);

#endif
