// SPDX-License-Identifier: MIT
#include "tty/say.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/poll.h"
#include "base/text.h"
#include "core/output/outlet.h"
#include "tty/last_words.h"

/* Limit of stored messages. */
#define STORED_MAX 65536
/* Wait for the first message that cannot be written; later ones do not wait. */
#define WORD_US 250000LL
/* Time of a child that writes to a file; after it, the rest is lost. */
#define WRITER_US 1000000LL
/* Wait at the end, for all stored messages. */
#define LAST_US 2000000LL

/* Between complain_in_haste() and complain_at_leisure(). */
static struct {
	bool on;
	bool stuck; /* the last message was not written */
	struct buffer stored;
} hasty;

/* After complain_at_leisure(). */
static bool leisurely;

/* @return number of bytes taken, or -errno: no more will be taken. */
static ssize_t write_until(struct outlet *outlet, const char *data, size_t size,
			   int64_t until)
{
	size_t done = 0;

	while (done < size) {
		struct pollfd out = { .fd = outlet->fd, .events = POLLOUT };
		ssize_t n = outlet_write(outlet, data + done, size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && n != -EAGAIN)
			return n;
		else if (clock_us() >= until)
			break;
		else
			(void)poll_fds(&out, 1, clock_poll_ms(until));
	}
	return (ssize_t)done;
}

/* If no descriptor is free for an outlet. A pipe or terminal that poll(2) finds
 * writable takes this much at once, unless another process fills it meanwhile.
 */
static ssize_t write_directly(const struct buffer *stored, int64_t until)
{
	struct pollfd out = { STDERR_FILENO, POLLOUT, 0 };
	size_t size = stored->used < PIPE_BUF ? stored->used : PIPE_BUF;

	if (poll_fds(&out, 1, clock_poll_ms(until)) == 0)
		return 0;

	ssize_t n = write(STDERR_FILENO, stored->text, size);

	return n < 0 && errno != EINTR && errno != EAGAIN ? -errno
	       : n < 0					  ? 0
							  : n;
}

/* An outlet for each message: so no descriptor of ours has to be distinguished
 * from those of the command. */
static void write_stored(int64_t until)
{
	struct buffer *stored = &hasty.stored;
	struct outlet outlet;
	uint64_t left = 0;
	ssize_t n = outlet_open(STDERR_FILENO, &outlet);

	if (n == 0) {
		n = write_until(&outlet, stored->text, stored->used, until);
		(void)outlet_close(&outlet,
				   hasty.stuck ? 0 : clock_in_us(WRITER_US),
				   &left);
	} else if (n == -EMFILE || n == -ENFILE) {
		n = write_directly(stored, until);
	}
	/* When stderr is closed, the error cannot be reported. */
	if (n < 0)
		n = (ssize_t)stored->used;
	buffer_drop(stored, (size_t)n);
	hasty.stuck = stored->used > 0 || left > 0;
}

static void put_last(const void *bytes, size_t size)
{
	struct last_words words;

	last_words_begin(&words);
	/* When stderr is closed, the error cannot be reported. */
	(void)fd_write_all(STDERR_FILENO, bytes, size);
	last_words_end(&words);
}

static void say_put(const void *bytes, size_t size)
{
	if (!hasty.on && leisurely) {
		put_last(bytes, size);
		return;
	}
	if (!hasty.on) {
		/* As above. */
		(void)fd_write_all(STDERR_FILENO, bytes, size);
		return;
	}
	if (size == 0 || hasty.stored.used + size > STORED_MAX)
		return;
	buffer_add(&hasty.stored, bytes, size);
	if (!hasty.stored.error)
		write_stored(hasty.stuck ? 0 : clock_in_us(WORD_US));
}

/* A command that died in raw mode has left a terminal on which a newline does
 * not return to the first column. */
static bool is_raw_terminal(int fd)
{
	struct termios modes;

	return fd_is_terminal(fd) && tcgetattr(fd, &modes) == 0 &&
	       !(modes.c_oflag & OPOST);
}

static void put_lines(const char *text, size_t size)
{
	CLEANUP(buffer_free) struct buffer lines = { 0 };

	if (is_raw_terminal(STDERR_FILENO)) {
		for (size_t i = 0; i < size; i++)
			buffer_add(&lines, text[i] == '\n' ? "\r\n" : text + i,
				   text[i] == '\n' ? 2 : 1);
		if (!lines.error) {
			say_put(lines.text, lines.used);
			return;
		}
	}
	say_put(text, size);
}

void complain_in_haste(void)
{
	hasty.on = true;
}

bool complain_is_stuck(void)
{
	return hasty.stuck;
}

void complain_at_leisure(void)
{
	leisurely = true;
	if (!hasty.on)
		return;
	if (hasty.stored.used > 0)
		write_stored(clock_in_us(LAST_US));
	/* If stderr took nothing until now, later messages do not wait. */
	hasty.on = hasty.stuck;
	buffer_free(&hasty.stored);
}

static void clean(char *text, const char *kept)
{
	text[text_clean(text, strlen(text), kept)] = '\0';
}

void complain(const char *format, ...)
{
	char text[1024], line[sizeof(text) + 8];
	va_list arguments;
	int size;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	clean(text, "");
	/* One write, so that two processes' lines do not mix. */
	size = snprintf(line, sizeof(line), "jig: %s\n", text);
	put_lines(line, (size_t)size);
}

void complain_text(const char *text)
{
	size_t length = strlen(text);
	CLEANUP_FREE char *copy = malloc(length + 2);

	if (!copy)
		return;
	memcpy(copy, text, length + 1);
	length = text_clean(copy, length, "\n\t");
	if (length == 0 || copy[length - 1] != '\n')
		copy[length++] = '\n';
	put_lines(copy, length);
}

void complain_bytes(const void *bytes, size_t size)
{
	say_put(bytes, size);
}

/* Without memory nothing is printed. */
static void say_clean(const char *format, va_list arguments, const char *kept,
		      const char *end)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	clean(text, kept);
	(void)fputs(text, stdout);
	(void)fputs(end, stdout);
	free(text);
}

void say_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_clean(format, arguments, "", "\n");
	va_end(arguments);
}

void say_words(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_clean(format, arguments, "\n\t", "");
	va_end(arguments);
}

int say_bytes(const void *bytes, size_t size)
{
	errno = 0;
	if (fwrite(bytes, 1, size, stdout) == size)
		return 0;
	return errno ? -errno : -EIO;
}

int say_now(const void *bytes, size_t size)
{
	const char *next = bytes;

	if (fflush(stdout) != 0)
		return -errno;
	while (size > 0) {
		struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
		ssize_t n = write(STDOUT_FILENO, next, size);

		if (n > 0) {
			next += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN) {
			(void)poll_fds(&out, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
