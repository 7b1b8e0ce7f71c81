// SPDX-License-Identifier: MIT
/*
 * Many fixtures at once from one host: start all, see all alive, stop all.
 *
 *   many COUNT CAGE PROGRAM…
 *
 * Prints lines of a name, a tab and a number: times a fixture in microseconds,
 * and the private memory (Private_Clean and Private_Dirty of smaps_rollup) of
 * guard and supervisor, in KiB: the median pair, the largest, all of them.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jig.h>

#include "series.h"

#define COUNT_MAX 5000

static const char *const cages[] = {
	[JIG_CAGE_AUTO] = "auto",     [JIG_CAGE_CGROUP] = "cgroup",
	[JIG_CAGE_PIDNS] = "pidns",   [JIG_CAGE_SUBREAPER] = "subreaper",
	[JIG_CAGE_PGROUP] = "pgroup",
};

static enum jig_cage cage_of(const char *name)
{
	for (size_t i = 0; i < sizeof(cages) / sizeof(cages[0]); i++)
		if (strcmp(cages[i], name) == 0)
			return (enum jig_cage)i;
	fprintf(stderr, "bench: no cage '%s'\n", name);
	exit(2);
}

/* A fixture takes three descriptors of its host: a socket and two pidfds. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* jig_start will tell. */
}

static void start_all(struct jig **fixtures, int count, enum jig_cage cage,
		      char **argv)
{
	char error[512] = "";
	struct jig_command command = {
		.size = sizeof(command),
		.argv = (const char *const *)argv,
		.cage = cage,
		.error = error,
		.error_size = sizeof(error),
	};

	for (int i = 0; i < count; i++) {
		int r = jig_start(&command, &fixtures[i]);

		if (r == 0)
			continue;
		fprintf(stderr, "bench: fixture %d: %s (%s)\n", i, error,
			strerror(-r));
		exit(1);
	}
}

static void check_all_alive(struct jig **fixtures, int count)
{
	for (int i = 0; i < count; i++)
		if (jig_wait(fixtures[i], 0, NULL) == 0 ||
		    kill(jig_pid(fixtures[i]), 0) < 0) {
			fprintf(stderr, "bench: fixture %d is not alive\n", i);
			exit(1);
		}
}

static void stop_all(struct jig **fixtures, int count)
{
	for (int i = 0; i < count; i++)
		(void)jig_stop(fixtures[i]); /* jig_free waits for the end. */
	for (int i = 0; i < count; i++)
		jig_free(fixtures[i]);
}

/* In KiB. */
static double private_memory(pid_t pid)
{
	char path[64], line[256];
	double sum = 0, kib;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Private_Clean: %lf", &kib) == 1 ||
		    sscanf(line, "Private_Dirty: %lf", &kib) == 1)
			sum += kib;
	(void)fclose(file); /* Read only. */
	return sum;
}

/* A guard is a child of ours, and its supervisor its only child. */
static int measure_pairs(double *pairs, int count)
{
	struct jig_process *all;
	size_t total;
	int found = 0;

	if (jig_list(&all, &total, sizeof(*all)) < 0)
		die("jig_list");
	for (size_t i = 0; i < total; i++) {
		if (all[i].ppid != getpid() || found == count)
			continue;
		pairs[found] = private_memory(all[i].pid);
		for (size_t j = 0; j < total; j++)
			if (all[j].ppid == all[i].pid)
				pairs[found] += private_memory(all[j].pid);
		found++;
	}
	free(all);
	return found;
}

static double sum(const double *values, int count)
{
	double total = 0;

	for (int i = 0; i < count; i++)
		total += values[i];
	return total;
}

int main(int argc, char **argv)
{
	static struct jig *fixtures[COUNT_MAX];
	static double pairs[COUNT_MAX];
	double began, started, stopping, stopped;
	int count, found;

	if (argc < 4) {
		fprintf(stderr, "usage: many COUNT CAGE PROGRAM…\n");
		return 2;
	}
	count = argument(argv[1], COUNT_MAX);
	raise_file_limit();
	began = now_us();
	start_all(fixtures, count, cage_of(argv[2]), argv + 3);
	started = now_us();
	check_all_alive(fixtures, count);
	found = measure_pairs(pairs, count);
	stopping = now_us();
	stop_all(fixtures, count);
	stopped = now_us();
	if (found != count) {
		fprintf(stderr, "bench: %d guards for %d fixtures\n", found,
			count);
		return 1;
	}
	printf("start\t%.1f\n", (started - began) / count);
	printf("stop\t%.1f\n", (stopped - stopping) / count);
	printf("pair\t%.0f\n", percentile(pairs, count, 0.5));
	printf("largest\t%.0f\n", percentile(pairs, count, 1));
	printf("all\t%.0f\n", sum(pairs, count));
	return 0;
}
