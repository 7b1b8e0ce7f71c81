/* SPDX-License-Identifier: MIT */
/*
 * Times as crontab(5) has them: "30 2 * * 1-5".
 *
 * Invariant: pure functions, except that cron_next() sets TZ for its duration,
 * so only a program with one thread may call it.
 *
 * What does not belong here: waiting for that time (up/engine/timetable.h).
 */
#ifndef JIG_UP_PROJECT_CRON_H
#define JIG_UP_PROJECT_CRON_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Each field has a bit for each of its values. */
struct cron {
	uint64_t minutes, hours, days, months, weekdays;
	/* If both fields are restricted, one of them suffices. */
	bool any_day, any_weekday;
};

/**
 * Parse five fields (minute, hour, day of the month, month, day of the week),
 * each "*", numbers, names (jan, mon), ranges, steps and lists of them; or
 * "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly",
 * "@annually".
 * @return  0 or -EINVAL.
 */
int cron_parse(const char *text, struct cron *ret);

/**
 * The first minute after @after.
 * @zone    as TZ names it; NULL: ours.
 * @return  -1: there is none in the next years.
 */
time_t cron_next(const struct cron *cron, const char *zone, time_t after);

/** Whether the machine knows a time zone: "UTC", "Europe/Berlin". */
bool cron_is_zone(const char *zone);

#endif
