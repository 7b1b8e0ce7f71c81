// SPDX-License-Identifier: MIT
/*
 * Does the size of the host process matter to libjig?
 *
 *   host ROUNDS PROGRAM…
 *
 * Two hosts, one with 10 MiB and one with 1 GiB resident, start and stop a
 * fixture of PROGRAM in turn; both in pages of 4 KiB, of which a plain fork
 * would have to copy the tables. The output is that of series_print(), times in
 * microseconds of jig_start() and jig_free() together.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jig.h>

#include "series.h"

#define MIB ((size_t)1 << 20)

struct host {
	size_t bytes;
	int ask, answer; /* our ends of its pipes */
};

static void fill(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	(void)madvise(memory, bytes, MADV_NOHUGEPAGE); /* If it can at all. */
	for (size_t at = 0; at < bytes; at += 4096)
		memory[at] = 1;
}

static double start_and_stop(char **argv)
{
	char error[512] = "";
	struct jig_command command = {
		.size = sizeof(command),
		.argv = (const char *const *)argv,
		.error = error,
		.error_size = sizeof(error),
	};
	struct jig *fixture;
	double began = now_us();
	int r = jig_start(&command, &fixture);

	if (r < 0) {
		fprintf(stderr, "bench: jig_start: %s (%s)\n", error,
			strerror(-r));
		exit(1);
	}
	jig_free(fixture);
	return now_us() - began;
}

_Noreturn static void be_host(size_t bytes, int asked, int answer, char **argv)
{
	double us = 0;
	char byte;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* A bound, nothing more. */
	fill(bytes);
	while (read(asked, &byte, 1) == 1) {
		us = start_and_stop(argv);
		if (write(answer, &us, sizeof(us)) != sizeof(us))
			break;
	}
	_exit(0);
}

static void open_host(struct host *host, char **argv)
{
	int ask[2], answer[2];
	pid_t pid;

	if (pipe(ask) < 0 || pipe(answer) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void)close(ask[1]);
		(void)close(answer[0]);
		be_host(host->bytes, ask[0], answer[1], argv);
	}
	(void)close(ask[0]);
	(void)close(answer[1]);
	host->ask = ask[1];
	host->answer = answer[0];
}

static double ask(const struct host *host)
{
	double us;

	if (write(host->ask, "", 1) != 1 ||
	    read(host->answer, &us, sizeof(us)) != sizeof(us))
		die("a host has died");
	return us;
}

int main(int argc, char **argv)
{
	struct host hosts[] = { { .bytes = 10 * MIB },
				{ .bytes = 1024 * MIB } };
	struct series series[2];
	int rounds;

	if (argc < 3) {
		fprintf(stderr, "usage: host ROUNDS PROGRAM…\n");
		return 2;
	}
	rounds = argument(argv[1], 1000000);
	series_new(&series[0], "10 MiB", rounds);
	series_new(&series[1], "1 GiB", rounds);
	for (int i = 0; i < 2; i++)
		open_host(&hosts[i], argv + 2);
	for (int round = -5; round < rounds; round++)
		for (int i = 0; i < 2; i++)
			series[i].us[round < 0 ? 0 : round] = ask(&hosts[i]);
	for (int i = 0; i < 2; i++)
		(void)close(hosts[i].ask); /* They end by that. */
	while (wait(NULL) > 0 || errno == EINTR)
		continue;
	series_print(series, 2, rounds);
	return 0;
}
