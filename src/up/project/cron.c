// SPDX-License-Identifier: MIT
#include "up/project/cron.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ZONES "/usr/share/zoneinfo"
/* Two leap years may be 8 years apart. */
#define MOST_DAYS (9 * 366)

struct cron_field {
	unsigned least, most;
	const char *names; /* three letters each, from `least` on */
};

static const struct cron_field fields[] = {
	{ 0, 59, NULL },
	{ 0, 23, NULL },
	{ 1, 31, NULL },
	{ 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
	{ 0, 7, "sunmontuewedthufrisat" },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* ------------------------------------------------------------------ parsing */

static int cron_take_value(const char **at, const struct cron_field *field,
			   unsigned *ret)
{
	char *end;

	for (unsigned i = 0; field->names && field->names[i]; i += 3) {
		if (strncasecmp(*at, field->names + i, 3) != 0)
			continue;
		*ret = field->least + i / 3;
		*at += 3;
		return 0;
	}
	if (**at < '0' || **at > '9')
		return -EINVAL;
	unsigned long number = strtoul(*at, &end, 10);

	if (number < field->least || number > field->most)
		return -EINVAL;
	*ret = (unsigned)number;
	*at = end;
	return 0;
}

/* "*", "5" or "1-5", and "/2" after it. */
static int cron_take_range(const char **at, const struct cron_field *field,
			   uint64_t *bits)
{
	unsigned from = field->least, to = field->most, step = 1;
	bool is_star = **at == '*';
	int r = 0;

	if (is_star)
		(*at)++;
	else
		r = cron_take_value(at, field, &from);
	if (r == 0 && !is_star && **at == '-') {
		(*at)++;
		r = cron_take_value(at, field, &to);
	} else if (!is_star && **at != '/') {
		to = from;
	}
	if (r == 0 && **at == '/') {
		char *end;

		step = (unsigned)strtoul(*at + 1, &end, 10);
		r = end == *at + 1 || step == 0 || step > 1000 ? -EINVAL : 0;
		*at = end;
	}
	if (r < 0 || from > to)
		return -EINVAL;
	for (unsigned i = from; i <= to; i += step)
		*bits |= UINT64_C(1) << i;
	return 0;
}

static int cron_take_field(const char **at, const struct cron_field *field,
			   uint64_t *bits)
{
	int r = cron_take_range(at, field, bits);

	while (r == 0 && **at == ',') {
		(*at)++;
		r = cron_take_range(at, field, bits);
	}
	return r == 0 && **at && !strchr(" \t", **at) ? -EINVAL : r;
}

static const char *without_name(const char *text)
{
	static const struct {
		const char *name, *fields;
	} names[] = {
		{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },
		{ "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
		{ "@monthly", "0 0 1 * *" },  { "@yearly", "0 0 1 1 *" },
		{ "@annually", "0 0 1 1 *" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].fields;
	return text;
}

int cron_parse(const char *text, struct cron *ret)
{
	struct cron cron = { 0 };
	uint64_t *bits[FIELDS] = { &cron.minutes, &cron.hours, &cron.days,
				   &cron.months, &cron.weekdays };
	bool are_any[FIELDS];
	const char *at = without_name(text);
	int r = 0;

	for (size_t i = 0; r == 0 && i < FIELDS; i++) {
		at += strspn(at, " \t");
		are_any[i] = *at == '*';
		r = cron_take_field(&at, &fields[i], bits[i]);
	}
	if (r < 0 || at[strspn(at, " \t")])
		return -EINVAL;
	/* 7 is Sunday, too. */
	cron.weekdays |= cron.weekdays >> 7 & 1;
	cron.any_day = are_any[2];
	cron.any_weekday = are_any[4];
	*ret = cron;
	return 0;
}

/* -------------------------------------------------------------- the next time
 */

static bool cron_has(uint64_t bits, int value)
{
	return bits >> value & 1;
}

static bool is_day(const struct cron *cron, const struct tm *at)
{
	bool day = cron_has(cron->days, at->tm_mday);
	bool weekday = cron_has(cron->weekdays, at->tm_wday);

	if (!cron_has(cron->months, at->tm_mon + 1))
		return false;
	return cron->any_day || cron->any_weekday ? day && weekday
						  : day || weekday;
}

/* The local time zone is the one that is meant. */
static time_t find_next(const struct cron *cron, time_t after)
{
	time_t at = after - after % 60 + 60, next;
	struct tm tm;

	for (int days = 0; days < MOST_DAYS && localtime_r(&at, &tm);
	     at = next) {
		tm.tm_isdst = -1;
		next = at + 60;
		if (!is_day(cron, &tm)) {
			days++;
			tm.tm_mday++;
			tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
			next = mktime(&tm);
		} else if (!cron_has(cron->hours, tm.tm_hour)) {
			next = at + 3600 - (time_t)tm.tm_min * 60;
		} else if (cron_has(cron->minutes, tm.tm_min)) {
			return at;
		}
		/* A change of the clock must not turn us back. */
		if (next <= at)
			next = at + 3600;
	}
	return -1;
}

time_t cron_next(const struct cron *cron, const char *zone, time_t after)
{
	const char *ours = getenv("TZ");
	CLEANUP_FREE char *before = ours ? strdup(ours) : NULL;
	time_t next;

	if (zone)
		(void)setenv("TZ", zone, 1); /* or our own zone is used */
	tzset();
	next = find_next(cron, after);
	if (zone && before)
		(void)setenv("TZ", before, 1);
	else if (zone)
		(void)unsetenv("TZ");
	tzset();
	return next;
}

bool cron_is_zone(const char *zone)
{
	char path[PATH_MAX];

	if (strcmp(zone, "UTC") == 0)
		return true;
	return *zone && *zone != '/' && !strstr(zone, "..") &&
	       snprintf(path, sizeof(path), ZONES "/%s", zone) <
		       (int)sizeof(path) &&
	       access(path, R_OK) == 0;
}
