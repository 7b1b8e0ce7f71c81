// SPDX-License-Identifier: MIT
/*
 * Start-up cost: the time from spawn to reaped of `COMMAND PROGRAM`, for
 * several commands in turn.
 *
 *   startup ROUNDS PROGRAM NAME='command …' NAME='command …' …
 *
 * Each command has PROGRAM appended; an empty one is PROGRAM alone. The output
 * is that of series_print(), times in microseconds. A command that fails is an
 * error, but one whose program is not installed is only said to be missing.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "series.h"

/* Rounds before those that count: files are cached, branches predicted. */
#define WARM_UP 5

static double run_once(struct series *series)
{
	double began = now_us();
	int status;
	pid_t pid;

	errno = posix_spawnp(&pid, series->argv[0], NULL, NULL, series->argv,
			     environ);
	if (errno == ENOENT) {
		series->missing = true;
		return 0;
	}
	if (errno != 0 || waitpid(pid, &status, 0) < 0)
		die(series->name);

	double ended = now_us();

	if (status != 0) {
		fprintf(stderr, "bench: %s ended with wait status %d\n",
			series->name, status);
		exit(1);
	}
	return ended - began;
}

int main(int argc, char **argv)
{
	static struct series series[SERIES_MAX];
	size_t order[SERIES_MAX];
	int count = argc - 3, rounds;

	if (count < 1 || count > SERIES_MAX) {
		fprintf(stderr,
			"usage: startup ROUNDS PROGRAM NAME=COMMAND…\n");
		return 2;
	}
	rounds = argument(argv[1], 1000000);
	for (int i = 0; i < count; i++) {
		series_parse(&series[i], argv[i + 3], rounds);
		series[i].argv[series[i].words] = argv[2];
	}
	for (int round = -WARM_UP; round < rounds; round++) {
		series_order(order, (size_t)count);
		for (int i = 0; i < count; i++) {
			struct series *one = &series[order[i]];

			if (!one->missing)
				one->us[round < 0 ? 0 : round] = run_once(one);
		}
	}
	series_print(series, (size_t)count, rounds);
	return 0;
}
