// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "up/project/cron.h"

static time_t time_of(const char *text)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

static void assert_next(const char *cron, const char *zone, const char *after,
			const char *next)
{
	struct cron times;
	char text[64];
	struct tm tm;

	assert_int_equal(cron_parse(cron, &times), 0);
	time_t found = cron_next(&times, zone, time_of(after));

	assert_true(found > 0);
	assert_non_null(gmtime_r(&found, &tm));
	assert_true(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) > 0);
	assert_string_equal(text, next);
}

static void the_next_time_is_found(void **state)
{
	static const struct {
		const char *cron, *after, *next;
	} rows[] = {
		{ "* * * * *", "2026-12-01 10:00:00", "2026-12-01 10:01:00" },
		{ "* * * * *", "2026-12-01 10:00:59", "2026-12-01 10:01:00" },
		{ "30 2 * * *", "2026-12-01 10:00:00", "2026-12-02 02:30:00" },
		{ "*/15 * * * *", "2026-12-01 10:01:00",
		  "2026-12-01 10:15:00" },
		{ "5/20 * * * *", "2026-12-01 10:06:00",
		  "2026-12-01 10:25:00" },
		{ "0 9-17/4 * * *", "2026-12-01 10:00:00",
		  "2026-12-01 13:00:00" },
		{ "0 0 1 1 *", "2026-12-01 10:00:00", "2027-01-01 00:00:00" },
		{ "0 0 29 2 *", "2026-12-01 10:00:00", "2028-02-29 00:00:00" },
		{ "0 12 * * mon-fri", "2026-12-05 10:00:00",
		  "2026-12-07 12:00:00" },
		{ "0 12 * * 7", "2026-12-01 10:00:00", "2026-12-06 12:00:00" },
		{ "0 0 * Feb *", "2026-12-01 10:00:00", "2027-02-01 00:00:00" },
		/* Both days are restricted: one of them suffices. */
		{ "0 0 13 * fri", "2026-12-01 10:00:00",
		  "2026-12-04 00:00:00" },
		{ "1,3,5 4 * * *", "2026-12-01 04:03:00",
		  "2026-12-01 04:05:00" },
		{ "@daily", "2026-12-01 10:00:00", "2026-12-02 00:00:00" },
		{ "@weekly", "2026-12-01 10:00:00", "2026-12-06 00:00:00" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_next(rows[i].cron, "UTC0", rows[i].after, rows[i].next);
}

static void a_zone_is_that_of_the_time(void **state)
{
	(void)state;
	(void)setenv("TZ", "UTC0", 1);
	assert_next("0 2 * * *", "EST5", "2026-12-01 00:00:00",
		    "2026-12-01 07:00:00");
	/* Ours is what it was before. */
	assert_string_equal(getenv("TZ"), "UTC0");
	assert_next("0 2 * * *", NULL, "2026-12-01 00:00:00",
		    "2026-12-01 02:00:00");
	(void)unsetenv("TZ");
	assert_next("0 2 * * *", "EST5", "2026-12-01 00:00:00",
		    "2026-12-01 07:00:00");
	assert_null(getenv("TZ"));
	assert_true(cron_is_zone("UTC"));
	assert_false(cron_is_zone("No/Where"));
	assert_false(cron_is_zone("../../../etc/passwd"));
	assert_false(cron_is_zone(""));
}

/* In spring 2:30 does not exist, in autumn it comes twice. */
static void a_change_of_the_clock_is_passed(void **state)
{
	static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

	(void)state;
	assert_next("30 2 * * *", berlin, "2026-03-28 12:00:00",
		    "2026-03-30 00:30:00");
	assert_next("30 2 * * *", berlin, "2026-10-24 12:00:00",
		    "2026-10-25 00:30:00");
}

static void other_texts_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"* * * *",
		"* * * * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * * 13 *",
		"* * * * 8",
		"*/0 * * * *",
		"5-1 * * * *",
		"a * * * *",
		"1, * * * *",
		"@never",
		"1-x * * * *",
		"-1 * * * *",
	};
	struct cron times = { .minutes = 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(cron_parse(rows[i], &times), -EINVAL);
	assert_int_equal(times.minutes, 7);
}

static void a_time_that_never_comes(void **state)
{
	struct cron times;

	(void)state;
	assert_int_equal(cron_parse("0 0 30 2 *", &times), 0);
	assert_int_equal(cron_next(&times, "UTC0", 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_time_is_found),
		cmocka_unit_test(a_zone_is_that_of_the_time),
		cmocka_unit_test(a_change_of_the_clock_is_passed),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(a_time_that_never_comes),
	};

	return RUN(tests);
}
