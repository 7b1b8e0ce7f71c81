// SPDX-License-Identifier: MIT
/*
 * What src/up/output/output.c makes of the lines of several programs, in a
 * plain poll(2) loop: the writers' pipes come in, prefixed lines go to stdout.
 *
 *   up_output WRITERS PROGRAM [ARGUMENTS…] | …
 *
 * Each writer gets its name as one more argument. The lines per second go to
 * stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "up/output/output.h"

#define WRITERS 100
#define CHUNK 65536

struct writer {
	int fd;
	struct stream *stream;
};

struct bench {
	struct output *output;
	struct writer writers[WRITERS];
	int count, open;
	uint64_t lines;
};

static char bytes[CHUNK];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void start(struct bench *bench, char **argv, int argc)
{
	struct writer *writer = &bench->writers[bench->count];
	char *command[16] = { 0 };
	char name[32];
	int ends[2];

	(void)snprintf(name, sizeof(name), "w.%d", bench->count + 1);
	for (int i = 0; i < argc && i < 14; i++)
		command[i] = argv[i];
	command[argc < 14 ? argc : 14] = name;
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	if (fork() == 0) {
		dup2(ends[1], 1);
		execvp(command[0], command);
		_exit(127);
	}
	close(ends[1]);
	writer->fd = ends[0];
	if (output_begin(bench->output, name, false, NULL, &writer->stream,
			 NULL) < 0)
		die("output_begin");
	bench->count++;
	bench->open++;
}

static void take(struct bench *bench, struct writer *writer)
{
	ssize_t n = read(writer->fd, bytes, sizeof(bytes));

	if (n <= 0) {
		output_end(writer->stream);
		close(writer->fd);
		writer->fd = -1;
		bench->open--;
		return;
	}
	for (const char *c = bytes;
	     (c = memchr(c, '\n', (size_t)(bytes + n - c))); c++)
		bench->lines++;
	output_feed(writer->stream, bytes, (size_t)n);
}

static void turn(struct bench *bench)
{
	struct pollfd fds[WRITERS + 2];
	CLEANUP(list_free) struct list wanted = { 0 };
	bool is_full = output_is_full(bench->output);
	size_t extra;

	if (output_wanted(bench->output, &wanted) < 0)
		die("output_wanted");
	extra = wanted.count; /* stdout alone: there are no log files. */

	for (int i = 0; i < bench->count; i++)
		fds[i] = (struct pollfd){ .fd = is_full ? -1
							: bench->writers[i].fd,
					  .events = POLLIN };
	for (size_t i = 0; i < extra; i++)
		fds[bench->count + (int)i] =
			(struct pollfd){ .fd = *(int *)list_at(&wanted, i,
							       sizeof(int)),
					 .events = POLLOUT };
	if (poll(fds, (nfds_t)bench->count + extra, -1) < 0 && errno != EINTR)
		die("poll");
	for (int i = 0; i < bench->count; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			take(bench, &bench->writers[i]);
	(void)output_flush(bench->output);
}

int main(int argc, char **argv)
{
	struct output_settings settings = { .out = 1, .err = -1 };
	struct bench bench = { 0 };
	int writers = argc > 2 ? atoi(argv[1]) : 0;

	if (writers < 1 || writers > WRITERS)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	if (output_open(&settings, &bench.output, NULL) < 0)
		return 1;

	int64_t begin = clock_us();

	for (int i = 0; i < writers; i++)
		start(&bench, argv + 2, argc - 2);
	while (bench.open > 0)
		turn(&bench);
	output_close(bench.output, 10000);

	double seconds = (double)(clock_us() - begin) / 1e6;

	while (wait(NULL) > 0)
		;
	fprintf(stderr, "%" PRIu64 " lines, %.3f s, %.0f lines/s\n",
		bench.lines, seconds, (double)bench.lines / seconds);
	return 0;
}
