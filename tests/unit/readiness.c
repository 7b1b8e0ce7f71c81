// SPDX-License-Identifier: MIT
/* Promise: all must be ready, of alternatives one; in time; and what is said
 * when it never will be (core/ready/readiness.h). */
#include "unit.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/ready/readiness.h"

static const struct probe_view nobody;

static void open_all(struct readiness *readiness, const char *const *probes)
{
	struct fault fault = { "" };

	for (; *probes; probes++)
		if (readiness_add(readiness, *probes, &fault) < 0)
			fail_msg("%s: %s", *probes, fault.text);
	readiness_started(readiness, 1000);
}

#define OPEN(readiness, ...)                                                   \
	open_all(readiness, (const char *const[]){ __VA_ARGS__, NULL })

static void say(struct readiness *readiness, const char *line)
{
	readiness_line(readiness, line, strlen(line));
}

static void look(struct readiness *readiness, int64_t now_us)
{
	readiness_look(readiness, &nobody, NULL, 0, now_us);
}

static void all_must_be_ready(void **state)
{
	struct readiness r = { 0 };

	(void)state;
	OPEN(&r, "log:a", "log:b");
	say(&r, "b");
	assert_int_equal(r.state, READINESS_WAITING);
	say(&r, "c");
	assert_int_equal(r.state, READINESS_WAITING);
	say(&r, "a");
	assert_int_equal(r.state, READINESS_READY);
	readiness_close(&r);
}

static void one_of_each_group_is_enough(void **state)
{
	struct readiness r = { 0 };

	(void)state;
	OPEN(&r, "log:a", "|log:b", "|log:c", "log:d", "|log:e");
	say(&r, "c");
	assert_int_equal(r.state, READINESS_WAITING);
	say(&r, "d");
	assert_int_equal(r.state, READINESS_READY);
	readiness_close(&r);
}

static void without_a_probe_the_first_look_is_enough(void **state)
{
	struct readiness r = { 0 };

	(void)state;
	readiness_started(&r, 1000);
	look(&r, 1000);
	assert_int_equal(r.state, READINESS_READY);
	readiness_close(&r);
}

static void the_group_that_is_waited_for_is_told(void **state)
{
	struct readiness r = { 0 };
	char text[200], tiny[12];

	(void)state;
	OPEN(&r, "log:a", "|file:/nowhere/x", "log:b");
	look(&r, 1000);
	readiness_waiting_for(&r, text, sizeof(text));
	assert_string_equal(text, "log:a: no line of output has matched or "
				  "file:/nowhere/x: it does not exist");
	readiness_waiting_for(&r, tiny, sizeof(tiny));
	assert_string_equal(tiny, "log:a: no l");
	say(&r, "a");
	readiness_waiting_for(&r, text, sizeof(text));
	assert_string_equal(text, "log:b: no line of output has matched");
	say(&r, "b");
	readiness_waiting_for(&r, text, sizeof(text));
	assert_string_equal(text, "");
	readiness_close(&r);
}

static void its_time_ends(void **state)
{
	struct readiness r = { .timeout_us = 500 };
	int64_t until;
	struct pollfd fds[READINESS_PROBES];

	(void)state;
	OPEN(&r, "log:a");
	assert_int_equal(readiness_watch(&r, fds, &until), 0);
	assert_int_equal(until, 1500);
	look(&r, 1499);
	assert_int_equal(r.state, READINESS_WAITING);
	look(&r, 1500);
	assert_int_equal(r.state, READINESS_FAILED);
	assert_int_equal(r.error, -ETIME);
	assert_non_null(strstr(r.problem.text, "; waiting for log:a"));
	(void)readiness_watch(&r, fds, &until);
	assert_int_equal(until, -1);
	say(&r, "a");
	assert_int_equal(r.state, READINESS_FAILED);
	readiness_close(&r);
}

static void the_default_is_a_minute_and_it_may_be_for_ever(void **state)
{
	struct readiness r = { 0 }, ever = { .timeout_us = -1 };
	struct pollfd fds[READINESS_PROBES];
	int64_t until;

	(void)state;
	OPEN(&r, "log:a");
	(void)readiness_watch(&r, fds, &until);
	assert_int_equal(until, 1000 + 60000000);
	readiness_close(&r);
	OPEN(&ever, "log:a");
	(void)readiness_watch(&ever, fds, &until);
	assert_int_equal(until, -1);
	look(&ever, INT64_MAX);
	assert_int_equal(ever.state, READINESS_WAITING);
	readiness_close(&ever);
}

static void the_interval_is_kept(void **state)
{
	struct readiness r = { .interval_us = 700 };
	struct pollfd fds[READINESS_PROBES];
	int64_t until;

	(void)state;
	OPEN(&r, "file:/nowhere/x");
	(void)readiness_watch(&r, fds, &until);
	assert_int_equal(until, 1000);
	look(&r, 1000);
	(void)readiness_watch(&r, fds, &until);
	assert_int_equal(until, 1700);
	look(&r, 1300);
	(void)readiness_watch(&r, fds, &until);
	assert_int_equal(until, 1700);
	readiness_close(&r);
}

static void an_end_before_is_told(void **state)
{
	struct readiness exited = { 0 }, killed = { 0 }, ready = { 0 };

	(void)state;
	OPEN(&exited, "log:a");
	readiness_ended(&exited, 3 << 8, 1234567);
	assert_int_equal(exited.error, -ECHILD);
	assert_string_equal(exited.problem.text,
			    "it exited with status 3 after 1.234 s, before it "
			    "was ready (waiting for log:a: no line of output "
			    "has matched)");
	OPEN(&killed, "log:a");
	readiness_ended(&killed, 9, 0);
	assert_non_null(strstr(killed.problem.text, "was ended by SIGKILL"));
	OPEN(&ready, "log:a");
	say(&ready, "a");
	readiness_ended(&ready, 0, 0);
	assert_int_equal(ready.state, READINESS_READY);
	readiness_close(&exited);
	readiness_close(&killed);
	readiness_close(&ready);
}

static void a_stop_is_no_failure(void **state)
{
	struct readiness r = { .timeout_us = 500 };
	struct pollfd fds[READINESS_PROBES];
	int64_t until;

	(void)state;
	OPEN(&r, "log:a", "file:/nowhere/x");
	readiness_stop(&r);
	look(&r, 9999999);
	readiness_ended(&r, 9, 0);
	say(&r, "a");
	assert_int_equal(r.state, READINESS_STOPPED);
	assert_int_equal(readiness_watch(&r, fds, &until), 0);
	assert_int_equal(until, -1);
	readiness_close(&r);
}

static void bounds_are_told(void **state)
{
	struct readiness r = { 0 };
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(readiness_add(&r, "|log:a", &fault), -EINVAL);
	assert_int_equal(readiness_add(&r, "lgo:a", &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "log"));
	for (int i = 0; i < READINESS_PROBES; i++)
		assert_int_equal(readiness_add(&r, "log:a", &fault), 0);
	assert_int_equal(readiness_add(&r, "log:a", &fault), -E2BIG);
	readiness_close(&r);
	assert_int_equal(r.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_must_be_ready),
		cmocka_unit_test(one_of_each_group_is_enough),
		cmocka_unit_test(without_a_probe_the_first_look_is_enough),
		cmocka_unit_test(the_group_that_is_waited_for_is_told),
		cmocka_unit_test(its_time_ends),
		cmocka_unit_test(
			the_default_is_a_minute_and_it_may_be_for_ever),
		cmocka_unit_test(the_interval_is_kept),
		cmocka_unit_test(an_end_before_is_told),
		cmocka_unit_test(a_stop_is_no_failure),
		cmocka_unit_test(bounds_are_told),
	};

	return RUN(tests);
}
