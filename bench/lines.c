// SPDX-License-Identifier: MIT
/*
 * Write N lines of 100 bytes (newline included) to stdout, as fast as it takes
 * them: "KEY NUMBER xxxx…", so that a lost or torn one is seen.
 *
 *   lines N [KEY]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 100
#define LINES 600 /* in one write: about 64 KiB, what a pipe holds */

static int put(const char *from, size_t size)
{
	while (size > 0) {
		ssize_t n = write(1, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Ten digits; printf would be most of what is measured. */
static void number(char *to, unsigned long value)
{
	for (int i = 9; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

int main(int argc, char **argv)
{
	static char lines[LINES * LINE];
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	const char *key = argc > 2 ? argv[2] : "line";
	int head = (int)strnlen(key, 32) + 1;

	memset(lines, 'x', sizeof(lines));
	for (int i = 0; i < LINES; i++) {
		char *line = lines + i * LINE;

		memcpy(line, key, (size_t)head - 1);
		line[head - 1] = ' ';
		line[head + 10] = ' ';
		line[LINE - 1] = '\n';
	}
	for (unsigned long done = 0; done < count;) {
		unsigned long part =
			count - done < LINES ? count - done : LINES;

		for (unsigned long i = 0; i < part; i++)
			number(lines + i * LINE + head, done + i);
		if (put(lines, part * LINE) < 0)
			return 1;
		done += part;
	}
	return 0;
}
