// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/shared/plan.h"

static void assert_steps(const char *text, const struct jig_step *expected,
			 size_t expected_count)
{
	struct jig_step steps[PLAN_STEPS];
	size_t count = 99;

	assert_int_equal(plan_parse_steps(text, steps, &count), 0);
	assert_int_equal(count, expected_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(steps[i].signal, expected[i].signal);
		assert_true(steps[i].wait_us == expected[i].wait_us);
	}
}

static void the_default_is_term_ten_seconds_kill(void **state)
{
	struct plan plan = { 0 };

	(void)state;
	plan_default_steps(&plan);
	assert_steps("TERM 10s", plan.steps, plan.step_count);
	assert_int_equal(plan.step_count, 2);
	assert_int_equal(plan.steps[1].signal, SIGKILL);
}

static void the_last_step_is_kill_always(void **state)
{
	static const struct jig_step two[] = { { SIGINT, 2000000 },
					       { SIGTERM, 5000000 },
					       { SIGKILL, PLAN_KILL_US } };

	(void)state;
	assert_steps("INT 2s TERM 5s", two, 3);
	assert_steps("INT 2s TERM 5s KILL", two, 3);
	assert_steps(" INT,2s,\tTERM ,, 5 KILL ", two, 3);
	assert_steps("KILL", &two[2], 1);
	assert_steps("9", &two[2], 1);
}

static void a_number_is_a_signal_where_one_is_due(void **state)
{
	static const struct jig_step steps[] = { { 10, 10000000 },
						 { 15, 0 },
						 { SIGKILL, PLAN_KILL_US } };
	static const struct jig_step no_wait[] = { { SIGINT, 0 },
						   { SIGTERM, 0 },
						   { SIGKILL, PLAN_KILL_US } };

	(void)state;
	assert_steps("10 10 15 0", steps, 3);
	assert_steps("INT TERM KILL", no_wait, 3);
}

static void what_is_no_policy_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		" ,",
		"10s",
		"TERM 10s 10s",
		"KILL 5s",
		"KILL TERM",
		"TERM never",
		"NOSIG 1s",
		"TERM -1s",
		"0",
		"65",
		"TERM 10s KILL 5s",
		"TERM 0123456789012345678901234567890123456789s",
	};
	struct jig_step steps[PLAN_STEPS] = { { 77, 88 } };
	size_t count = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(plan_parse_steps(wrong[i], steps, &count),
				 -EINVAL);
	assert_int_equal(steps[0].signal, 77);
	assert_int_equal(count, 99);
}

static void sixteen_steps_fit_and_no_more(void **state)
{
	struct jig_step steps[PLAN_STEPS];
	char text[256] = "";
	size_t count = 0;

	(void)state;
	for (int i = 0; i < PLAN_STEPS - 1; i++)
		(void)strcat(text, "TERM 1s ");
	assert_int_equal(plan_parse_steps(text, steps, &count), 0);
	assert_int_equal(count, PLAN_STEPS);
	(void)strcat(text, "TERM");
	assert_int_equal(plan_parse_steps(text, steps, &count), -E2BIG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_term_ten_seconds_kill),
		cmocka_unit_test(the_last_step_is_kill_always),
		cmocka_unit_test(a_number_is_a_signal_where_one_is_due),
		cmocka_unit_test(what_is_no_policy_changes_nothing),
		cmocka_unit_test(sixteen_steps_fit_and_no_more),
	};

	return RUN(tests);
}
