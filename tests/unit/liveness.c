// SPDX-License-Identifier: MIT
/* Promise: what was ready is asked again, rarely, and given up only after so
 * many failures in a row (core/ready/liveness.h). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/ready/liveness.h"

static const struct probe_view nobody;

static char path[] = "/tmp/jig-liveness-XXXXXX";

static void make_file(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static int put_away(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static void open_file(struct liveness *liveness, int64_t now_us)
{
	static char text[64];
	struct fault fault = { "" };

	(void)snprintf(text, sizeof(text), "file:%s", path);
	if (liveness_add(liveness, text, &fault) < 0)
		fail_msg("%s", fault.text);
	liveness_start(liveness, now_us);
}

/* A child answers, on a busy machine after a while. */
static void look(struct liveness *liveness, int64_t now_us)
{
	int64_t ends = clock_in_us(10000000);

	do {
		struct pollfd fds[READINESS_PROBES];
		int64_t wake;
		size_t count = liveness_watch(liveness, fds, &wake);

		if (liveness->state == LIVENESS_ASKING)
			(void)poll(fds, count, 100);
		liveness_look(liveness, &nobody, fds, count, now_us);
	} while (liveness->state == LIVENESS_ASKING && clock_us() < ends);
}

static int64_t until(const struct liveness *liveness)
{
	struct pollfd fds[READINESS_PROBES];
	int64_t ret = 0;

	assert_int_equal(liveness_watch(liveness, fds, &ret), 0);
	return ret;
}

static void before_ready_nothing_is_asked(void **state)
{
	struct liveness l = { 0 };

	(void)state;
	look(&l, 1000);
	assert_int_equal(l.state, LIVENESS_IDLE);
	assert_int_equal(until(&l), -1);
}

static void nothing_wakes_up_between_two_looks(void **state)
{
	struct liveness l = { .interval_us = 500, .delay_us = 70 };

	(void)state;
	make_file();
	open_file(&l, 1000);
	assert_int_equal(until(&l), 1070);
	look(&l, 1069);
	assert_int_equal(until(&l), 1070);
	look(&l, 1070);
	assert_int_equal(until(&l), 1570);
	look(&l, 1600);
	assert_int_equal(until(&l), 2100);
	assert_int_equal(l.state, LIVENESS_WAITING);
	liveness_close(&l);
	liveness_close(&l);
}

static void the_defaults_are_ten_seconds_and_three(void **state)
{
	struct liveness l = { 0 };

	(void)state;
	open_file(&l, 0);
	for (int64_t i = 0; i < 3; i++) {
		assert_int_equal(until(&l), i * 10000000);
		look(&l, i * 10000000);
	}
	assert_int_equal(l.state, LIVENESS_FAILED);
	assert_non_null(strstr(l.problem.text, "it does not exist"));
	assert_non_null(strstr(l.problem.text, "3 attempts in a row"));
	assert_int_equal(until(&l), -1);
	liveness_close(&l);
}

static void one_good_look_forgives(void **state)
{
	struct liveness l = { .interval_us = 1, .failures = 2 };

	(void)state;
	open_file(&l, 0);
	look(&l, 0);
	assert_int_equal(l.failed, 1);
	make_file();
	look(&l, 1);
	assert_int_equal(l.failed, 0);
	assert_int_equal(unlink(path), 0);
	look(&l, 2);
	assert_int_equal(l.state, LIVENESS_WAITING);
	look(&l, 3);
	assert_int_equal(l.state, LIVENESS_FAILED);
	liveness_close(&l);
}

static void all_must_hold_and_of_alternatives_one(void **state)
{
	struct liveness l = { .interval_us = 1, .failures = 1 };
	struct fault fault;

	(void)state;
	make_file();
	assert_int_equal(liveness_add(&l, "file:/nowhere/x", &fault), 0);
	assert_int_equal(liveness_add(&l, "|file:/", &fault), 0);
	open_file(&l, 0);
	look(&l, 0);
	assert_int_equal(l.state, LIVENESS_WAITING);
	assert_int_equal(unlink(path), 0);
	look(&l, 1);
	assert_int_equal(l.state, LIVENESS_FAILED);
	liveness_close(&l);
}

static void after_a_stop_nothing_fails(void **state)
{
	struct liveness l = { .failures = 1 };

	(void)state;
	open_file(&l, 0);
	liveness_stop(&l);
	look(&l, 100);
	assert_int_equal(l.state, LIVENESS_STOPPED);
	assert_int_equal(until(&l), -1);
	liveness_close(&l);
}

static void what_speaks_once_is_refused(void **state)
{
	static const char *const once[] = { "log:x", "notify", "fd", "fd:7",
					    "delay:1s" };
	struct liveness l = { 0 };
	struct fault fault = { "" };

	(void)state;
	for (size_t i = 0; i < COUNT(once); i++) {
		assert_int_equal(liveness_add(&l, once[i], &fault), -EINVAL);
		assert_non_null(strstr(fault.text, "asked again"));
		assert_non_null(strstr(fault.text, once[i]));
	}
	assert_int_equal(liveness_add(&l, "tpc:1", &fault), -EINVAL);
	assert_int_equal(l.round.count, 0);
	liveness_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_ready_nothing_is_asked),
		cmocka_unit_test_teardown(nothing_wakes_up_between_two_looks,
					  put_away),
		cmocka_unit_test(the_defaults_are_ten_seconds_and_three),
		cmocka_unit_test_teardown(one_good_look_forgives, put_away),
		cmocka_unit_test_teardown(all_must_hold_and_of_alternatives_one,
					  put_away),
		cmocka_unit_test(after_a_stop_nothing_fails),
		cmocka_unit_test(what_speaks_once_is_refused),
	};
	int fd = mkostemp(path, O_CLOEXEC);

	/* Its name alone: made and removed by the tests. */
	if (fd < 0 || close(fd) < 0 || unlink(path) < 0)
		return 1;
	return RUN(tests);
}
