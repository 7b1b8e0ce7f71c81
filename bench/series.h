/* SPDX-License-Identifier: MIT */
/*
 * Series of measured times: in a round each of several things is measured once,
 * in an order that changes, so that the machine's drift meets all of them
 * alike; each is compared with the first one of the same round.
 *
 * What is measured does not belong here, nor how a table looks (bench/run).
 */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#define SERIES_MAX 32
#define SERIES_WORDS 32

struct series {
	const char *name;
	char *argv[SERIES_WORDS + 3]; /* with room for two more and NULL */
	size_t words;
	double *us; /* one number a round */
	bool missing; /* its program is not installed */
};

/** Monotonic, in microseconds. */
double now_us(void);

/**
 * "NAME=command and its words" becomes a series of @rounds numbers.
 *
 * Blanks separate; nothing is quoted. @text is written to and kept. Exits with
 * 2 when it has no name or too many words.
 */
void series_parse(struct series *series, char *text, int rounds);

/** A series that is no command. Exits when there is no memory. */
void series_new(struct series *series, const char *name, int rounds);

/**
 * The numbers from 0 to @count - 1 in another order each time, always the same
 * orders: on a busy machine the order has an effect, which must not count.
 */
void series_order(size_t *order, size_t count);

/**
 * Print a line for each of @count series: name, median, 10th and 90th
 * percentile, and the median of the ratios to the first series, round by
 * round; tabs between. Of a missing one: name and "missing".
 */
void series_print(const struct series *series, size_t count, int rounds);

/** The @part-th (0 to 1) of @count values. Exits when there is no memory. */
double percentile(const double *values, int count, double part);

/** A number from 1 to @max, or the program ends with 2 and says why. */
int argument(const char *text, int max);

/** Say what failed, with errno, and exit with 1. */
_Noreturn void die(const char *what);

#endif
