// SPDX-License-Identifier: MIT
/* Promise: a FIFO is opened as open(2) does it: when its other end is there. */
#include "lib.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Long enough for signals to arrive while jig_start() waits. */
#define LATER_MS 50

struct other_end {
	const char *path;
	int flags;
	char text[32];
};

static void *open_later(void *argument)
{
	struct other_end *end = argument;

	(void)poll(NULL, 0, LATER_MS);

	int fd = open(end->path, end->flags);

	if (end->flags == O_WRONLY)
		(void)!write(fd, "hello\n", 6);
	else
		(void)read_all(fd, end->text, sizeof(end->text));
	(void)close(fd);
	return NULL;
}

static int run_with(struct jig_command command, struct other_end *end)
{
	pthread_t thread;
	int code;

	assert_int_equal(mkfifo(end->path, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, open_later, end), 0);
	code = run(command);
	(void)pthread_join(thread, NULL);
	(void)unlink(end->path);
	return code;
}

static void in_a_directory(void (*test)(const char *path))
{
	char directory[] = "/tmp/jig-fifo-XXXXXX", path[64];

	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/fifo", directory);
	test(path);
	(void)rmdir(directory);
}

static void write_to(const char *path)
{
	struct jig_command command = SHELL("echo hello");
	struct other_end end = { .path = path, .flags = O_RDONLY };

	command.out = (struct jig_stdio){ JIG_STDIO_FILE, .path = path };
	assert_int_equal(run_with(command, &end), 0);
	assert_string_equal(end.text, "hello\n");
}

static void read_from(const char *path)
{
	struct jig_command command = SHELL("read x; test $x = hello");
	struct other_end end = { .path = path, .flags = O_WRONLY };

	command.in = (struct jig_stdio){ JIG_STDIO_FILE, .path = path };
	assert_int_equal(run_with(command, &end), 0);
}

static void stdout_may_be_a_fifo(void **state)
{
	(void)state;
	in_a_directory(write_to);
}

static void stdin_may_be_a_fifo(void **state)
{
	(void)state;
	in_a_directory(read_from);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stdout_may_be_a_fifo),
		cmocka_unit_test(stdin_may_be_a_fifo),
	};

	return RUN(tests);
}
