// SPDX-License-Identifier: MIT
#include "unit.h"

#include <limits.h>

#include "base/clock.h"

static void the_clock_never_goes_back(void **state)
{
	int64_t last = clock_us();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_us();

		assert_true(now >= last);
		last = now;
	}
}

static void no_deadline_waits_for_ever(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(-1), -1);
	assert_int_equal(clock_poll_ms(INT64_MIN), -1);
}

static void a_deadline_that_has_passed_does_not_wait(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(0), 0);
	assert_int_equal(clock_poll_ms(clock_us()), 0);
}

/* Rounded down, poll would return early and its caller would spin. */
static void poll_never_returns_early(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t deadline = clock_us() + 100000;
		int ms = clock_poll_ms(deadline);

		assert_true(clock_us() + (int64_t)ms * 1000 >= deadline);
		assert_true(ms <= 100);
	}
}

static void a_far_deadline_is_the_longest_poll(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(INT64_MAX), INT_MAX);
}

static void a_timeval_is_microseconds(void **state)
{
	struct timeval time = { .tv_sec = 3, .tv_usec = 14 };

	(void)state;
	assert_true(clock_timeval_us(&time) == 3000014);
	/* After 2020: it is the clock on the wall. */
	assert_true(clock_wall_us() > 1577836800000000);
}

/* Far enough is never; and what is far is never at once. */
static void time_saturates(void **state)
{
	const int64_t days = INT64_C(86400000000);

	(void)state;
	assert_true(clock_add_us(1, 2) == 3);
	assert_true(clock_add_us(INT64_MAX, 1) == INT64_MAX);
	assert_true(clock_add_us(INT64_MAX, INT64_MAX) == INT64_MAX);
	assert_true(clock_add_us(INT64_MIN, -1) == INT64_MIN);
	assert_true(clock_in_us(INT64_MAX) == INT64_MAX);
	assert_true(clock_in_us(INT64_MAX - 1) == INT64_MAX);
	assert_true(clock_in_us(days) > clock_us());
	assert_true(clock_ms_us(2) == 2000);
	assert_true(clock_ms_us(INT64_MAX / 1000 + 1) == INT64_MAX);
	assert_true(clock_ms_us(INT64_MIN) == INT64_MIN);
	assert_int_equal(clock_poll_ms(INT64_MAX - 1), INT_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_never_goes_back),
		cmocka_unit_test(no_deadline_waits_for_ever),
		cmocka_unit_test(a_deadline_that_has_passed_does_not_wait),
		cmocka_unit_test(poll_never_returns_early),
		cmocka_unit_test(a_far_deadline_is_the_longest_poll),
		cmocka_unit_test(time_saturates),
		cmocka_unit_test(a_timeval_is_microseconds),
	};

	return RUN(tests);
}
