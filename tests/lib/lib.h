/* SPDX-License-Identifier: MIT */
/*
 * For tests of libjig through its public API alone, linked with the shared
 * library. The environment variable JIG_PROGRAM names the program to test with.
 */
#ifndef JIG_TESTS_LIB_H
#define JIG_TESTS_LIB_H

#include <errno.h>
#include <jig.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "unit.h"

/** An upper bound for what happens at once, on a machine under load. */
#define DEADLINE_MS 20000

/** In a function that returns bool: say what does not hold, and where. */
#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
				      __LINE__, #condition);                   \
			return 0;                                              \
		}                                                              \
	} while (0)

/** A command of a shell line. */
#define SHELL(line)                                                            \
	((struct jig_command){ .size = sizeof(struct jig_command),             \
			       .shell = (line) })

/** Start it; NULL with a word on stderr when that fails. */
static inline struct jig *start(struct jig_command command)
{
	struct jig *fixture = NULL;
	char error[512] = "";
	int r;

	command.error = error;
	command.error_size = sizeof(error);
	r = jig_start(&command, &fixture);
	if (r < 0)
		(void)fprintf(stderr, "jig_start: %d: %s\n", r, error);
	return r < 0 ? NULL : fixture;
}

/** Its code when it ends by our deadline, or a negative errno. */
static inline int code_of(struct jig *fixture)
{
	int code = -1, r = jig_wait(fixture, DEADLINE_MS, &code);

	return r < 0 ? r : code;
}

/** Run it to its end and free it. */
static inline int run(struct jig_command command)
{
	struct jig *fixture = start(command);
	int code = fixture ? code_of(fixture) : -1;

	jig_free(fixture);
	return code;
}

/** Read to the end of file, or our deadline; always ended with a NUL. */
static inline size_t read_all(int fd, char *text, size_t size)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	while (used < size - 1 && poll(&one, 1, DEADLINE_MS) == 1) {
		ssize_t n = read(fd, text + used, size - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	return used;
}

/** One line, without its newline. */
static inline const char *read_line(int fd, char *text, size_t size)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	while (used < size - 1 && poll(&one, 1, DEADLINE_MS) == 1 &&
	       read(fd, text + used, 1) == 1 && text[used] != '\n')
		used++;
	text[used] = '\0';
	return text;
}

/** A number on a line of its own. */
static inline int read_number(int fd)
{
	char text[32];

	return atoi(read_line(fd, text, sizeof(text)));
}

/** A pidfd, to ask for the end of this very process. */
static inline int pin(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/** Whether the pinned process ends within @timeout_ms; closes the pidfd. */
static inline bool has_ended(int pidfd, int timeout_ms)
{
	struct pollfd one = { .fd = pidfd, .events = POLLIN };
	int r = pidfd < 0 ? 1 : poll(&one, 1, timeout_ms);

	if (pidfd >= 0)
		(void)close(pidfd);
	return r == 1;
}

/** Run the shell line and compare what it says with @expected. */
static inline bool says(struct jig_command command, const char *expected)
{
	char text[65536];
	struct jig *fixture;
	int out;

	command.out.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	CHECK(fixture);
	out = jig_take_pipe(fixture, 1);
	(void)read_all(out, text, sizeof(text));
	(void)close(out);
	CHECK(code_of(fixture) == 0);
	jig_free(fixture);
	if (strcmp(text, expected) != 0)
		(void)fprintf(stderr, "\"%s\" is not \"%s\"\n", text, expected);
	return strcmp(text, expected) == 0;
}

#endif
