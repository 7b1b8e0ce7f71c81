// SPDX-License-Identifier: MIT
/* Promise: the largest and the smallest values of every time in jig.h mean what
 * they say: none overflows, and none that is long is over at once. */
#include <limits.h>
#include <stddef.h>

#include "lib.h"

/* It says when it may be told to stop, and then ends with 3. */
#define POLITE "trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done"

#define TIME(field)                                                            \
	{                                                                      \
#field, offsetof(struct jig_command, field)                    \
	}

static const struct {
	const char *name;
	size_t offset;
} times[] = {
	TIME(timeout_us),      TIME(start_timeout_us), TIME(probe_interval_us),
	TIME(ready_delay_us),  TIME(ready_timeout_us), TIME(live_interval_us),
	TIME(live_timeout_us), TIME(live_delay_us),
};

#define TIMES (sizeof(times) / sizeof(times[0]))

static struct jig_command with(size_t i, int64_t us)
{
	static const char *const live[] = { "file:/", NULL };
	static const char *const ready[] = { "log:^up$", NULL };
	struct jig_command command = SHELL(POLITE);

	command.err.kind = command.out.kind = JIG_STDIO_CAPTURE;
	command.ready = ready;
	command.live = live;
	command.start_timeout_us = -1;
	*(int64_t *)((char *)&command + times[i].offset) = us;
	return command;
}

static void is_for_ever(size_t i, int64_t us)
{
	static const char *const at_once[] = { "delay:0", NULL };
	struct jig_command command = with(i, us);
	int ready = 0;

	if (command.ready_delay_us > 0) {
		command.ready = at_once;
		ready = -ETIMEDOUT;
	}
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, ready ? 50 : DEADLINE_MS),
			 ready);
	assert_int_equal(jig_wait(fixture, 1, NULL), -ETIMEDOUT);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, NULL), 0);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	jig_free(fixture);
}

static void the_longest_is_for_ever(void **state)
{
	(void)state;
	for (size_t i = 0; i < TIMES; i++) {
		is_for_ever(i, INT64_MAX);
		is_for_ever(i, INT64_MAX - 1);
		is_for_ever(i, INT64_MAX / 2 + 1);
	}
}

static void the_longest_grace_is_kept(void **state)
{
	struct jig_step steps[] = { { SIGTERM, INT64_MAX },
				    { SIGINT, INT64_MAX } };

	(void)state;
	for (int mode = JIG_STOP_ALL; mode <= JIG_STOP_MAIN; mode++) {
		struct jig_command command = with(0, INT64_MAX);

		command.steps = steps;
		command.step_count = 2;
		command.stop_mode = (enum jig_stop_mode)mode;
		struct jig *fixture = start(command);

		assert_int_equal(jig_wait_ready(fixture, INT_MAX), 0);
		assert_int_equal(jig_stop(fixture), 0);
		assert_int_equal(code_of(fixture), 3);
		jig_free(fixture);
	}
}

/* "Never", or the default; of the time to become ready, for ever. */
static void a_negative_time_is_as_zero(void **state)
{
	(void)state;
	for (size_t i = 0; i < TIMES; i++) {
		struct jig *fixture = start(with(i, INT64_MIN));

		assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
		assert_int_equal(jig_wait(fixture, 1, NULL), -ETIMEDOUT);
		assert_int_equal(jig_stop(fixture), 0);
		assert_int_equal(code_of(fixture), 3);
		jig_free(fixture);
	}
}

static void a_negative_time_of_a_step_is_einval(void **state)
{
	struct jig_step step = { SIGTERM, -1 };
	struct jig_command command = with(0, 0);
	struct jig *fixture = NULL;

	(void)state;
	command.steps = &step;
	command.step_count = 1;
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	step.wait_us = INT64_MIN;
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	assert_null(fixture);
}

static void the_shortest_is_over_at_once(void **state)
{
	static const char *const never[] = { "log:never", NULL };
	struct jig_command command = with(0, 1);
	struct jig *fixture = start(command);

	(void)state;
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, NULL), 0);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_TIMEOUT);
	jig_free(fixture);
	command = with(1, 1);
	command.ready = never;
	fixture = start(command);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), -ETIME);
	jig_free(fixture);
}

static void every_limit_of_a_wait_is_one(void **state)
{
	struct jig *fixture = start(with(0, 0));

	(void)state;
	assert_int_equal(jig_wait_ready(fixture, INT_MIN), 0);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	assert_int_equal(jig_wait(fixture, 1, NULL), -ETIMEDOUT);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(jig_wait(fixture, INT_MIN, NULL), 0);
	assert_int_equal(jig_wait(fixture, INT_MAX, NULL), 0);
	jig_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_is_for_ever),
		cmocka_unit_test(the_longest_grace_is_kept),
		cmocka_unit_test(a_negative_time_is_as_zero),
		cmocka_unit_test(a_negative_time_of_a_step_is_einval),
		cmocka_unit_test(the_shortest_is_over_at_once),
		cmocka_unit_test(every_limit_of_a_wait_is_one),
	};

	return RUN(tests);
}
