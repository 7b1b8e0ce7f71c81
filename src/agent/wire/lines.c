// SPDX-License-Identifier: MIT
#include "agent/wire/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"

/* One read(2): what a pipe holds. */
#define BLOCK 65536

/* Opened once more, so that O_NONBLOCK applies to us only. A pipe of another
 * user cannot be opened: then read(2) comes after poll(2), and waits only if
 * another process has read those bytes. */
static int lines_reopen(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return RETRY(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

/* Other sockets have messages, of which the end would be lost. */
static bool lines_is_stream(int fd)
{
	socklen_t size = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	       type == SOCK_STREAM;
}

int lines_open(int fd, struct lines *ret)
{
	struct lines lines = LINES_NONE;
	struct sys_look look;
	int r = fd_look(fd, &look);

	if (r < 0)
		return r;
	lines.is_socket = S_ISSOCK(look.mode);
	if (lines.is_socket && !lines_is_stream(fd))
		return -EPROTOTYPE;
	if (S_ISFIFO(look.mode))
		lines.fd = lines_reopen(fd);
	if (lines.fd < 0)
		lines.fd = fd_dup_above(fd, 3);
	if (lines.fd < 0)
		return lines.fd;
	*ret = lines;
	return 0;
}

void lines_close(struct lines *lines)
{
	cleanup_close(&lines->fd);
	buffer_free(&lines->text);
	*lines = LINES_NONE;
}

void lines_read(struct lines *lines)
{
	char bytes[BLOCK];
	ssize_t n = lines->is_socket ? recv(lines->fd, bytes, sizeof(bytes),
					    MSG_DONTWAIT)
				     : read(lines->fd, bytes, sizeof(bytes));

	if (n > 0)
		buffer_add(&lines->text, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		lines->has_ended = true;
	if (lines->text.error)
		lines->has_ended = true;
}

/* Forget what was given out. */
static void lines_drop(struct lines *lines)
{
	buffer_drop(&lines->text, lines->taken);
	lines->searched -= lines->taken;
	lines->taken = 0;
}

/* Skip bytes of a line that is too long. @return whether its end was found. */
static bool skip_rest(struct lines *lines, const char *newline)
{
	lines->taken = newline ? (size_t)(newline - lines->text.text) + 1
			       : lines->text.used;
	lines->searched = lines->taken;
	lines->skips = !newline;
	return newline != NULL;
}

/* The last line, which needs no newline. */
static int lines_last(struct lines *lines, char **ret, size_t *ret_size)
{
	if (!lines->has_ended || lines->taken == lines->text.used)
		return 0;
	*ret = lines->text.text + lines->taken;
	*ret_size = lines->text.used - lines->taken;
	lines->taken = lines->searched = lines->text.used;
	return 1;
}

size_t lines_next_bytes(struct lines *lines, size_t most, const char **ret)
{
	size_t size;

	lines_drop(lines);
	size = lines->text.used < most ? lines->text.used : most;
	*ret = lines->text.text;
	lines->taken = lines->searched = size;
	return size;
}

int lines_next(struct lines *lines, char **ret, size_t *ret_size)
{
	struct buffer *text = &lines->text;

	for (;;) {
		char *start = text->text ? text->text + lines->searched : NULL;
		char *newline = start ? memchr(start, '\n',
					       text->used - lines->searched)
				      : NULL;
		size_t end =
			newline ? (size_t)(newline - text->text) : text->used;

		if (lines->skips) {
			if (!skip_rest(lines, newline))
				break;
			continue;
		}
		if (end - lines->taken > LINES_MAX) {
			(void)skip_rest(lines, newline); /* In part. */
			return -E2BIG;
		}
		if (!newline) {
			lines->searched = text->used;
			break;
		}
		*newline = '\0';
		*ret = text->text + lines->taken;
		*ret_size = end - lines->taken;
		lines->taken = lines->searched = end + 1;
		return 1;
	}
	if (lines_last(lines, ret, ret_size) > 0)
		return 1;
	lines_drop(lines);
	return 0;
}
