// SPDX-License-Identifier: MIT
#include "up/output/sink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/retry.h"

#define FIRST_ROOM ((size_t)64 << 10)
/* Free an empty buffer above this size. */
#define KEPT_ROOM (2 * SINK_FULL)

/* ------------------------------------------------------------ opening */

/* To open /dev/ptmx again would create another terminal. */
static bool sink_is_master(int fd)
{
	unsigned number;

	return ioctl(fd, TIOCGPTN, &number) == 0;
}

static int sink_reopen(int fd)
{
	char path[32];

	if (sink_is_master(fd))
		return -ENOTSUP;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	int own =
		RETRY(open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));

	return own < 0 ? -errno : own;
}

static enum sink_kind sink_kind_of(int fd, bool is_terminal)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return SINK_NONE;
	if (S_ISSOCK(status.st_mode))
		return SINK_SOCKET;
	if (S_ISFIFO(status.st_mode) || is_terminal)
		return SINK_BLOCKING;
	return S_ISREG(status.st_mode) ? SINK_FILE : SINK_DIRECT;
}

void sink_open(int fd, struct sink *ret)
{
	bool is_terminal = fd >= 0 && isatty(fd);
	struct sink sink = {
		.kind = sink_kind_of(fd, is_terminal),
		.fd = fd,
		.is_terminal = is_terminal,
	};
	int own = sink.kind == SINK_BLOCKING ? sink_reopen(fd) : -1;

	if (own >= 0) {
		sink.kind = SINK_NONBLOCKING;
		sink.fd = own;
		sink.is_owned = true;
	}
	*ret = sink;
}

void sink_own(int fd, struct sink *ret)
{
	struct sink sink = {
		.kind = sink_kind_of(fd, isatty(fd)),
		.fd = fd,
		.is_owned = true,
		.is_terminal = isatty(fd),
	};

	if (sink.kind == SINK_BLOCKING)
		sink.kind = SINK_NONBLOCKING;
	*ret = sink;
}

void sink_replace(struct sink *sink, int fd)
{
	struct sink other;

	sink_own(fd, &other);
	if (sink->is_owned && sink->fd >= 0)
		close(sink->fd);
	sink->kind = other.kind;
	sink->fd = fd;
	sink->is_owned = true;
	sink->is_terminal = other.is_terminal;
	sink->is_gone = false;
	sink->error = 0;
}

void sink_close(struct sink *sink)
{
	if (sink->is_owned && sink->fd >= 0)
		close(sink->fd);
	free(sink->bytes);
	*sink = SINK_CLOSED;
}

/* ------------------------------------------------------------- the buffer */

static int sink_make_room(struct sink *sink, size_t size)
{
	size_t waiting = sink_waiting(sink);
	size_t room = sink->room ? sink->room : FIRST_ROOM;

	/* Move the bytes only if this frees at least half of it. */
	if (sink->start >= waiting && waiting + size <= sink->room) {
		memmove(sink->bytes, sink->bytes + sink->start, waiting);
		sink->start = 0;
		sink->end = waiting;
		return 0;
	}
	if (size > SIZE_MAX / 4 || sink->end > SIZE_MAX / 4)
		return -ENOMEM;
	while (room - sink->end < size)
		room *= 2;

	char *larger = realloc(sink->bytes, room);

	if (!larger)
		return -ENOMEM;
	sink->bytes = larger;
	sink->room = room;
	return 0;
}

static bool must_drop(struct sink *sink)
{
	if (sink->is_gone || sink->is_dropping)
		return true;
	/* Do not wait for a full disk, unlike for a slow reader. */
	if (!sink->is_lossy && (sink->error == 0 || sink->error == -EAGAIN))
		return false;
	return sink->is_dropping = sink_waiting(sink) >= SINK_FULL;
}

char *sink_room(struct sink *sink, size_t size)
{
	if (sink->kind == SINK_NONE)
		return NULL;
	if (must_drop(sink)) {
		sink->lost++;
		return NULL;
	}
	if (sink->room - sink->end < size && sink_make_room(sink, size) < 0) {
		sink->is_dropping = sink_waiting(sink) > 0;
		sink->lost++;
		return NULL;
	}
	return sink->bytes + sink->end;
}

void sink_add(struct sink *sink, const char *bytes, size_t size)
{
	char *to = sink_room(sink, size);

	if (!to)
		return;
	memcpy(to, bytes, size);
	sink_commit(sink, size);
}

static void empty(struct sink *sink)
{
	sink->start = sink->end = 0;
	sink->is_dropping = false;
	if (sink->room <= KEPT_ROOM)
		return;
	free(sink->bytes);
	sink->bytes = NULL;
	sink->room = 0;
}

/* ------------------------------------------------------------------ writing */

static ssize_t write_some(const struct sink *sink)
{
	const char *from = sink->bytes + sink->start;
	size_t size = sink_waiting(sink);

	if (sink->kind == SINK_SOCKET)
		return send(sink->fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(sink->fd, from, size);
}

static uint64_t count_lines(const char *from, const char *end)
{
	uint64_t lines = 0;

	while ((from = memchr(from, '\n', (size_t)(end - from)))) {
		from++;
		lines++;
	}
	return lines;
}

uint64_t sink_lines(const struct sink *sink)
{
	return sink_waiting(sink) == 0 ? 0
				       : count_lines(sink->bytes + sink->start,
						     sink->bytes + sink->end);
}

void sink_forget(struct sink *sink)
{
	sink->lost += sink_lines(sink);
	empty(sink);
}

/* A pipe without a reader, a terminal that was hung up. */
static bool is_end(const struct sink *sink, int error)
{
	return error == -EPIPE || error == -ECONNRESET || error == -ENOTCONN ||
	       error == -EBADF || (error == -EIO && sink->is_terminal);
}

static int sink_failed(struct sink *sink, int error)
{
	sink->error = error;
	if (!is_end(sink, error))
		return error;
	sink->is_gone = true;
	sink->error = -EPIPE;
	sink_forget(sink);
	return -EPIPE;
}

int sink_flush(struct sink *sink)
{
	if (sink->is_gone)
		return -EPIPE;
	while (sink_waiting(sink) > 0) {
		ssize_t n = write_some(sink);

		if (n > 0) {
			sink->start += (size_t)n;
			sink->written += (uint64_t)n;
		} else if (n == 0) {
			return sink_failed(sink, -EAGAIN);
		} else if (errno != EINTR) {
			return sink_failed(sink, -errno);
		}
	}
	empty(sink);
	sink->error = 0;
	return 0;
}
