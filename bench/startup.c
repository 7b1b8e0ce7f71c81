// SPDX-License-Identifier: MIT
/*
 * Start-up cost: the time from spawn to reaped of `COMMAND true`, for several
 * commands in turn, so that the machine's drift meets all of them alike.
 *
 *   startup ROUNDS PROGRAM NAME='command …' NAME='command …' …
 *
 * Each command has PROGRAM appended. A command whose program is not installed
 * is left out. Prints a Markdown row a command: median, the 10th and 90th
 * percentile in microseconds, and the median of the ratios to the first
 * command, round by round.
 */
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 32
#define MAX_WORDS 32

struct command {
	const char *name;
	char *argv[MAX_WORDS + 2];
	double *us;
	bool missing;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* "name=words and words" → argv; blanks separate, nothing is quoted. */
static void split(struct command *command, char *text, char *program)
{
	int count = 0;

	command->name = strtok(text, "=");
	for (char *word = strtok(NULL, " "); word && count < MAX_WORDS;
	     word = strtok(NULL, " "))
		command->argv[count++] = word;
	command->argv[count] = program;
}

static void run_once(struct command *command, int round)
{
	double began = now_us();
	int status;
	pid_t pid;

	if (command->missing)
		return;
	if (posix_spawnp(&pid, command->argv[0], NULL, NULL, command->argv,
			 environ) != 0) {
		command->missing = true;
		return;
	}
	waitpid(pid, &status, 0);
	command->us[round] = now_us() - began;
	if (status != 0) {
		fprintf(stderr, "%s ended with status %d\n", command->name,
			status);
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const double *values, int count, double part)
{
	double *sorted = malloc(sizeof(double) * (size_t)count);
	double result;

	memcpy(sorted, values, sizeof(double) * (size_t)count);
	qsort(sorted, (size_t)count, sizeof(double), compare);
	result = sorted[(int)((count - 1) * part)];
	free(sorted);
	return result;
}

static void print(const struct command *command, const struct command *base,
		  int rounds)
{
	double *ratio = malloc(sizeof(double) * (size_t)rounds);

	for (int i = 0; i < rounds; i++)
		ratio[i] = command->us[i] / base->us[i];
	printf("| %s | %.0f | %.0f | %.0f | %.2f |\n", command->name,
	       percentile(command->us, rounds, 0.5),
	       percentile(command->us, rounds, 0.1),
	       percentile(command->us, rounds, 0.9),
	       percentile(ratio, rounds, 0.5));
	free(ratio);
}

int main(int argc, char **argv)
{
	static struct command commands[MAX_COMMANDS];
	int rounds, count = argc - 3;

	if (argc < 4 || count > MAX_COMMANDS) {
		fprintf(stderr, "usage: startup ROUNDS PROGRAM NAME=COMMAND…\n");
		return 2;
	}
	rounds = atoi(argv[1]);
	for (int i = 0; i < count; i++) {
		split(&commands[i], argv[i + 3], argv[2]);
		commands[i].us = calloc((size_t)rounds, sizeof(double));
	}
	for (int round = -5; round < rounds; round++)
		for (int i = 0; i < count; i++)
			run_once(&commands[i], round < 0 ? 0 : round);
	for (int i = 0; i < count; i++)
		if (!commands[i].missing)
			print(&commands[i], &commands[0], rounds);
	return 0;
}
