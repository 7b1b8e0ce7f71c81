// SPDX-License-Identifier: MIT
#include "app/say.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/text.h"

static void clean(char *text, const char *kept)
{
	text[text_clean(text, strlen(text), kept)] = '\0';
}

void complain(const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	clean(text, "");
	/* One write, so that two processes' lines do not mix. Nobody can be
	 * told when stderr is closed. */
	(void)fprintf(stderr, "jig: %s\n", text);
}

void complain_text(const char *text)
{
	CLEANUP_FREE char *copy = strdup(text);

	if (!copy)
		return;
	clean(copy, "\n\t");

	size_t length = strlen(copy);
	bool is_ended = length > 0 && copy[length - 1] == '\n';

	/* Nobody can be told when stderr is closed. */
	(void)fprintf(stderr, is_ended ? "%s" : "%s\n", copy);
}

void complain_bytes(const void *bytes, size_t size)
{
	/* Nobody can be told when stderr is closed. */
	(void)fd_write_all(STDERR_FILENO, bytes, size);
}

/* Without memory there is nothing to say it with. */
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
			(void)poll(&out, 1, -1); /* Interrupted: try again. */
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
