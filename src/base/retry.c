// SPDX-License-Identifier: MIT
#include "base/retry.h"

#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"

static void limit_sending(int fd, int64_t us)
{
	const struct timeval limit = { us / 1000000, us % 1000000 };

	/* Cannot fail: the time is positive. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int retry_connect(int fd, const struct sockaddr_un *address, int64_t limit_us)
{
	int64_t until = clock_in_us(limit_us), left;
	int r = -EINTR;

	while (r == -EINTR && (left = until - clock_us()) > 0) {
		limit_sending(fd, left);
		r = connect(fd, (const struct sockaddr *)address,
			    sizeof(*address)) < 0
			    ? -errno
			    : 0;
	}
	limit_sending(fd, 0);
	return r == -EAGAIN || r == -EINTR ? -ETIMEDOUT : r;
}
