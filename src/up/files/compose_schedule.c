// SPDX-License-Identifier: MIT
/* schedule. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "up/files/compose_reader.h"

#define SECOND_US 1000000

struct schedule_keys {
	const char *cron, *zone, *interval;
	bool on_start;
	unsigned most;
};

/* "1h30m", as Go writes a duration. */
static int parse_interval(const char *text, int64_t *ret_us)
{
	static const struct {
		const char *name;
		double us;
	} units[] = {
		{ "ms", 1000 }, { "us", 1 },  { "h", 3600e6 },
		{ "m", 60e6 },	{ "s", 1e6 },
	};
	double all = 0;

	while (*text) {
		size_t length = strspn(text, "0123456789.");
		double number = length ? strtod(text, NULL) : 0;
		size_t i = 0;

		text += length;
		while (i < sizeof(units) / sizeof(units[0]) &&
		       strncmp(text, units[i].name, strlen(units[i].name)) != 0)
			i++;
		if (!length || i == sizeof(units) / sizeof(units[0]))
			return -EINVAL;
		all += number * units[i].us;
		text += strlen(units[i].name);
	}
	if (all < 1 || all > 1e15)
		return -EINVAL;
	*ret_us = (int64_t)all;
	return 0;
}

static int take_zone(struct compose *compose, const yaml_node_t *node,
		     const char *zone, struct timetable *times)
{
	if (!zone || !*zone || strcmp(zone, "Local") == 0)
		return 0;
	if (!cron_is_zone(zone))
		return compose_wrong(compose, node,
				     "there is no time zone '%s'", zone);
	times->zone = strcmp(zone, "UTC") == 0 ? "UTC0" : zone;
	return 0;
}

static int compose_schedule_take_cron(struct compose *compose,
				      const yaml_node_t *node,
				      const struct schedule_keys *read,
				      struct timetable *times)
{
	int r = take_zone(compose, node, read->zone, times);

	if (r < 0)
		return r;
	if (cron_parse(read->cron, &times->cron) < 0)
		return compose_wrong(compose, node,
				     "'%s' is not a time such as '30 2 * * "
				     "1-5' (minute, hour, day, month, weekday)",
				     read->cron);
	if (cron_next(&times->cron, times->zone, time(NULL)) < 0)
		return compose_wrong(compose, node, "'%s' never comes",
				     read->cron);
	times->has_cron = true;
	return 0;
}

/* If there are both, `cron` wins, as in process-compose. */
int compose_schedule(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "cron", KEY_TEXT, offsetof(struct schedule_keys, cron),
		  NULL },
		{ "timezone", KEY_TEXT, offsetof(struct schedule_keys, zone),
		  NULL },
		{ "interval", KEY_TEXT,
		  offsetof(struct schedule_keys, interval), NULL },
		{ "run_on_start", KEY_BOOL,
		  offsetof(struct schedule_keys, on_start), NULL },
		{ "max_concurrent", KEY_NUMBER,
		  offsetof(struct schedule_keys, most), NULL },
		{ 0 },
	};
	struct schedule_keys read = { 0 };
	struct timetable times = { 0 };
	int r = compose_map(compose, node, keys, &read);

	times.on_start = read.on_start;
	if (r == 0 && read.most > 1)
		r = compose_wrong(compose, node,
				  "max_concurrent: jig starts no run while "
				  "another one goes on");
	if (r == 0 && read.cron && *read.cron)
		r = compose_schedule_take_cron(compose, node, &read, &times);
	else if (r == 0 && read.interval && *read.interval &&
		 parse_interval(read.interval, &times.interval_us) < 0)
		r = compose_wrong(compose, node,
				  "'%s' is not an interval such as 30s or "
				  "1h30m",
				  read.interval);
	if (r == 0)
		*(struct timetable *)target = times;
	return r;
}
