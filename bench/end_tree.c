// SPDX-License-Identifier: MIT
/*
 * What it costs to end N processes, for several commands in turn.
 *
 *   end_tree ROUNDS CROWD N NAME='command …' NAME='command …' …
 *
 * Each command has CROWD and N appended. A round starts it, waits until the
 * crowd says that all are there, and measures from SIGTERM to the command until
 * the command has been reaped: the same span for each. Then the crowd's pipe
 * must be at its end of file: then all of them have ended.
 *
 * The output is that of series_print(), times in microseconds. The caller puts
 * us into a control group of our own, so that an aborted run can be cleared.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "series.h"

/* Only a bound: ten thousand take some seconds on a loaded machine. */
#define PATIENCE_MS 120000

static pid_t start(const struct series *series, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) != 0)
		die("posix_spawn_file_actions");
	errno = posix_spawnp(&pid, series->argv[0], &actions, NULL,
			     series->argv, environ);
	if (errno != 0)
		die(series->argv[0]);
	(void)posix_spawn_file_actions_destroy(&actions); /* No failure. */
	return pid;
}

static void await_ready(const struct series *series, int crowd)
{
	struct pollfd ready = { .fd = crowd, .events = POLLIN };
	char byte;

	if (poll(&ready, 1, PATIENCE_MS) == 1 && read(crowd, &byte, 1) == 1)
		return;
	fprintf(stderr, "bench: %s: the crowd did not come up\n", series->name);
	exit(1);
}

/* Readable without a byte: every process of the crowd has closed it. */
static void check_none_left(const struct series *series, int crowd)
{
	struct pollfd end = { .fd = crowd, .events = POLLIN };
	char byte;

	if (poll(&end, 1, 0) == 1 && read(crowd, &byte, 1) == 0)
		return;
	fprintf(stderr, "bench: %s has left some of the crowd alive\n",
		series->name);
	exit(1);
}

static double run_once(const struct series *series)
{
	double began, ended;
	int crowd[2];
	pid_t pid;

	if (pipe2(crowd, O_CLOEXEC) < 0)
		die("pipe");
	pid = start(series, crowd[1]);
	(void)close(crowd[1]);
	await_ready(series, crowd[0]);
	began = now_us();
	if (kill(pid, SIGTERM) < 0 || waitpid(pid, NULL, 0) < 0)
		die(series->name);
	ended = now_us();
	check_none_left(series, crowd[0]);
	(void)close(crowd[0]);
	return ended - began;
}

int main(int argc, char **argv)
{
	static struct series series[SERIES_MAX];
	size_t order[SERIES_MAX];
	int count = argc - 4, rounds;

	if (count < 1 || count > SERIES_MAX) {
		fprintf(stderr,
			"usage: end_tree ROUNDS CROWD N NAME=COMMAND…\n");
		return 2;
	}
	rounds = argument(argv[1], 1000000);
	for (int i = 0; i < count; i++) {
		series_parse(&series[i], argv[i + 4], rounds);
		series[i].argv[series[i].words] = argv[2];
		series[i].argv[series[i].words + 1] = argv[3];
	}
	for (int round = -1; round < rounds; round++) {
		series_order(order, (size_t)count);
		for (int i = 0; i < count; i++)
			series[order[i]].us[round < 0 ? 0 : round] =
				run_once(&series[order[i]]);
	}
	series_print(series, (size_t)count, rounds);
	return 0;
}
