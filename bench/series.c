// SPDX-License-Identifier: MIT
#include "series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* Cannot fail. */
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

int argument(const char *text, int max)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*end == '\0' && number >= 1 && number <= max)
		return (int)number;
	fprintf(stderr, "bench: '%s' is no number from 1 to %d\n", text, max);
	exit(2);
}

void series_new(struct series *series, const char *name, int rounds)
{
	*series = (struct series){
		.name = name,
		.us = calloc((size_t)rounds, sizeof(double)),
	};
	if (!series->us)
		die("calloc");
}

void series_parse(struct series *series, char *text, int rounds)
{
	char *equals = strchr(text, '=');

	if (!equals) {
		fprintf(stderr, "bench: no '=' in '%s'\n", text);
		exit(2);
	}
	*equals = '\0';
	series_new(series, text, rounds);
	for (char *word = strtok(equals + 1, " "); word;
	     word = strtok(NULL, " ")) {
		if (series->words == SERIES_WORDS) {
			fprintf(stderr, "bench: %s is too long\n", text);
			exit(2);
		}
		series->argv[series->words++] = word;
	}
}

void series_order(size_t *order, size_t count)
{
	static unsigned seed = 1;

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)rand_r(&seed) % i;
		size_t last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double percentile(const double *values, int count, double part)
{
	size_t size = sizeof(double) * (size_t)count;
	double *sorted = malloc(size);
	double result;

	if (!sorted)
		die("malloc");
	memcpy(sorted, values, size);
	qsort(sorted, (size_t)count, sizeof(double), compare);
	result = sorted[(int)((count - 1) * part + 0.5)];
	free(sorted);
	return result;
}

static double ratio(const struct series *series, const struct series *base,
		    int rounds)
{
	double *ratios = calloc((size_t)rounds, sizeof(double));
	double result;

	if (!ratios)
		die("calloc");
	for (int i = 0; i < rounds; i++)
		ratios[i] = series->us[i] / base->us[i];
	result = percentile(ratios, rounds, 0.5);
	free(ratios);
	return result;
}

void series_print(const struct series *series, size_t count, int rounds)
{
	for (size_t i = 0; i < count; i++) {
		const struct series *one = &series[i];

		if (one->missing)
			printf("%s\tmissing\n", one->name);
		else
			printf("%s\t%.1f\t%.1f\t%.1f\t%.4f\n", one->name,
			       percentile(one->us, rounds, 0.5),
			       percentile(one->us, rounds, 0.1),
			       percentile(one->us, rounds, 0.9),
			       ratio(one, series, rounds));
	}
}
