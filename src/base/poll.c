// SPDX-License-Identifier: MIT
#include "base/poll.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/select.h>

#include "base/clock.h"

/* Used if there is no way to wait for an event. */
#define PAUSE_US 10000

/* Higher numbers are ignored. */
#define NUMBERS 65536
#define WORD_BITS (sizeof(unsigned long) * CHAR_BIT)

/* As an fd_set, which ends at FD_SETSIZE; a libjig guard has higher numbers. */
struct numbers {
	unsigned long words[NUMBERS / WORD_BITS];
};

struct sets {
	struct numbers in, out, urgent;
	int end; /* the highest number, plus one */
};

static void poll_add(struct numbers *numbers, int fd)
{
	numbers->words[(size_t)fd / WORD_BITS] |= 1UL
						  << ((size_t)fd % WORD_BITS);
}

static bool poll_has(const struct numbers *numbers, int fd)
{
	return numbers->words[(size_t)fd / WORD_BITS] >>
		       ((size_t)fd % WORD_BITS) &
	       1;
}

static bool is_usable(int fd)
{
	return fd >= 0 && fd < NUMBERS;
}

static void poll_fill(struct sets *sets, const struct pollfd *fds, size_t count)
{
	memset(sets, 0, sizeof(*sets));
	for (size_t i = 0; i < count; i++) {
		if (!is_usable(fds[i].fd))
			continue;
		if (fds[i].events & POLLIN)
			poll_add(&sets->in, fds[i].fd);
		if (fds[i].events & POLLOUT)
			poll_add(&sets->out, fds[i].fd);
		if (fds[i].events & POLLPRI)
			poll_add(&sets->urgent, fds[i].fd);
		if (fds[i].fd >= sets->end)
			sets->end = fds[i].fd + 1;
	}
}

static int poll_take(const struct sets *sets, struct pollfd *fds, size_t count)
{
	int found = 0;

	for (size_t i = 0; i < count; i++) {
		int fd = fds[i].fd;

		fds[i].revents = 0;
		if (!is_usable(fd))
			continue;
		if (poll_has(&sets->in, fd))
			fds[i].revents |= fds[i].events & POLLIN;
		if (poll_has(&sets->out, fd))
			fds[i].revents |= fds[i].events & POLLOUT;
		if (poll_has(&sets->urgent, fd))
			fds[i].revents |= fds[i].events & POLLPRI;
		found += fds[i].revents != 0;
	}
	return found;
}

/* Two entries of one number may ask for different events, so each takes only
 * its own. Not inline: the sets are large. @return as poll_fds(), or another
 * -errno. */
__attribute__((noinline)) static int poll_look(struct pollfd *fds, size_t count,
					       int timeout_ms)
{
	struct timeval limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000L };
	struct sets sets;

	poll_fill(&sets, fds, count);
	if (select(sets.end, (fd_set *)&sets.in, (fd_set *)&sets.out,
		   (fd_set *)&sets.urgent, timeout_ms < 0 ? NULL : &limit) < 0)
		return -errno;
	return poll_take(&sets, fds, count);
}

/* @return as poll_fds(), or -EINTR. */
static int poll_once(struct pollfd *fds, size_t count, int timeout_ms)
{
	int r = poll(fds, (nfds_t)count, timeout_ms);

	if (r >= 0)
		return r;
	if (errno == EINTR)
		return -EINTR;
	r = poll_look(fds, count, timeout_ms);
	if (r >= 0 || r == -EINTR)
		return r;
	for (size_t i = 0; i < count; i++)
		fds[i].revents = 0;
	if (timeout_ms != 0)
		clock_sleep_us(PAUSE_US); /* The caller looks again. */
	return 0;
}

int poll_fds(struct pollfd *fds, size_t count, int timeout_ms)
{
	int64_t until =
		timeout_ms > 0 ? clock_in_us(clock_ms_us(timeout_ms)) : -1;
	int r;

	while ((r = poll_once(fds, count, timeout_ms)) == -EINTR)
		if (until >= 0)
			timeout_ms = clock_poll_ms(until);
	return r;
}
