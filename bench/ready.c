// SPDX-License-Identifier: MIT
/*
 * How long after a server is ready does jig_wait_ready() say so, and what does
 * waiting cost?
 *
 *   ready ROUNDS SERVER STAMP        STAMP is a file of 8 bytes
 *
 * The output is that of series_print() for each kind of probe, microseconds;
 * then a line for each with "cpu", its name, and the processor time that the
 * guard has used while it waited for WAIT_MS, in parts of a thousand.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jig.h>

#include "series.h"

#define WAIT_MS 3000

struct kind {
	const char *name;
	const char *probe;
	const char *words[3]; /* of the server's command */
};

static const struct kind kinds[] = {
	{ "tcp", "tcp:{web}", { "tcp", "{port:web}" } },
	{ "http", "http:{web}/", { "http", "{port:web}" } },
	{ "notify", "notify", { "notify" } },
	{ "fd", "fd:3", { "fd", "3" } },
	{ "log", "log:^ready$", { "log" } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static volatile double *open_stamp(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *page = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		die(path);
	return page;
}

static struct jig *start(const struct kind *kind, const char *server,
			 const char *stamp, const char *delay_ms)
{
	char error[512] = "";
	struct jig_command command = {
		.size = sizeof(command),
		.argv = (const char *[]){ server, stamp, delay_ms,
					  kind->words[0], kind->words[1],
					  NULL },
		.ports = (const char *[]){ "web", NULL },
		.ready = (const char *[]){ kind->probe, NULL },
		.out.kind = JIG_STDIO_CAPTURE,
		.error = error,
		.error_size = sizeof(error),
	};
	struct jig *fixture;

	if (jig_start(&command, &fixture) < 0) {
		fprintf(stderr, "bench: %s\n", error);
		exit(1);
	}
	return fixture;
}

static double measure(const struct kind *kind, const char *server,
		      const char *path, volatile double *stamp)
{
	char delay_ms[16];
	struct jig *fixture;
	double us;

	(void)snprintf(delay_ms, sizeof(delay_ms), "%d", 30 + rand() % 170);
	fixture = start(kind, server, path, delay_ms);
	if (jig_wait_ready(fixture, 60000) < 0) {
		fprintf(stderr, "bench: %s: %s\n", kind->name,
			jig_problem(fixture));
		exit(1);
	}
	us = now_us() - *stamp;
	jig_free(fixture);
	return us;
}

/* Our only child: the guard. */
static int guard_pid(void)
{
	int pid = 0;
	FILE *file = fopen("/proc/thread-self/children", "r");

	if (!file || fscanf(file, "%d", &pid) != 1)
		die("/proc/thread-self/children");
	(void)fclose(file);
	return pid;
}

static double cpu_us(int pid)
{
	char path[64];
	double ns = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lf", &ns) != 1)
		die(path);
	(void)fclose(file);
	return ns / 1000;
}

static void measure_cost(const struct kind *kind, const char *server,
			 const char *path)
{
	struct jig *fixture = start(kind, server, path, "60000");
	int guard = guard_pid();
	double began = now_us(), used = cpu_us(guard);

	(void)jig_wait_ready(fixture, WAIT_MS); /* In vain. */
	printf("cpu\t%s\t%.2f\n", kind->name,
	       (cpu_us(guard) - used) / (now_us() - began) * 1000);
	jig_free(fixture);
}

int main(int argc, char **argv)
{
	struct series series[KINDS];
	size_t order[KINDS];
	volatile double *stamp;
	int rounds;

	if (argc != 4) {
		fprintf(stderr, "usage: ready ROUNDS SERVER STAMP\n");
		return 2;
	}
	rounds = argument(argv[1], 1000000);
	stamp = open_stamp(argv[3]);
	for (size_t i = 0; i < KINDS; i++)
		series_new(&series[i], kinds[i].name, rounds);
	for (int round = 0; round < rounds; round++) {
		series_order(order, KINDS);
		for (size_t i = 0; i < KINDS; i++)
			series[order[i]].us[round] =
				measure(&kinds[order[i]], argv[2], argv[3],
					stamp);
	}
	series_print(series, KINDS, rounds);
	for (size_t i = 0; i < KINDS; i++)
		measure_cost(&kinds[i], argv[2], argv[3]);
	return 0;
}
