// SPDX-License-Identifier: MIT
/*
 * Promise: an event loop that watches jig_fd() is told that a fixture is ready,
 * whichever function has taken the packet that said so.
 */
#include <signal.h>

#include "lib.h"

#define QUIET_MS 200

static bool has_news(struct jig *fixture, int timeout_ms)
{
	struct pollfd one = { .fd = jig_fd(fixture), .events = POLLIN };

	return poll(&one, 1, timeout_ms) == 1;
}

static struct jig *start_one(void)
{
	struct jig_command command = SHELL("read line; echo $line; sleep 60");

	command.in.kind = JIG_STDIO_PIPE;
	command.out.kind = JIG_STDIO_CAPTURE;
	command.ready = (const char *const[]){ "log:up", NULL };
	return start(command);
}

/* Asked, and answered with "not yet"; nothing more waits to be read. */
static bool asks(struct jig *fixture)
{
	do {
		if (jig_wait_ready(fixture, 0) != -ETIMEDOUT)
			return false;
	} while (has_news(fixture, QUIET_MS));
	return true;
}

static bool says_up(struct jig *fixture)
{
	int in = jig_take_pipe(fixture, 0);
	bool written = write(in, "up\n", 3) == 3;

	return close(in) == 0 && written;
}

static void waits(struct jig *fixture)
{
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
}

static void signals(struct jig *fixture)
{
	assert_int_equal(jig_signal(fixture, SIGURG, JIG_TARGET_MAIN), 0);
}

static void asks_for_the_problem(struct jig *fixture)
{
	(void)jig_problem(fixture);
}

static void take(void (*call)(struct jig *fixture), struct jig *fixture)
{
	for (int i = 0; i < DEADLINE_MS && jig_ready_us(fixture) < 0; i++) {
		(void)has_news(fixture, 1);
		call(fixture);
	}
	assert_true(jig_ready_us(fixture) >= 0);
}

static void ready_is_told_though_another_call_has_taken_it(void **state)
{
	static void (*const calls[])(struct jig *) = { waits, signals,
						       asks_for_the_problem };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct jig *fixture = start_one();

		assert_non_null(fixture);
		assert_true(asks(fixture));
		assert_true(says_up(fixture));
		take(calls[i], fixture);
		assert_true(has_news(fixture, DEADLINE_MS));
		assert_int_equal(jig_wait_ready(fixture, 0), 0);
		jig_free(fixture);
	}
}

static void ready_is_told_to_one_that_has_not_asked_yet(void **state)
{
	struct jig *fixture = start_one();

	(void)state;
	assert_non_null(fixture);
	assert_true(says_up(fixture));
	take(signals, fixture);
	assert_true(has_news(fixture, DEADLINE_MS));
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	jig_free(fixture);
}

static void ready_is_told_however_often_it_was_taken(void **state)
{
	struct jig *fixture = start_one();

	(void)state;
	assert_non_null(fixture);
	assert_true(asks(fixture));
	assert_true(says_up(fixture));
	take(waits, fixture);
	for (int i = 0; i < 30; i++) {
		(void)has_news(fixture, 20);
		waits(fixture);
	}
	assert_true(has_news(fixture, DEADLINE_MS));
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	jig_free(fixture);
}

/* A host that has lost interest in it does not spin. */
static void a_host_that_does_not_ask_again_has_rest(void **state)
{
	struct jig *fixture = start_one();
	int turns = 0;

	(void)state;
	assert_non_null(fixture);
	assert_true(asks(fixture));
	assert_true(says_up(fixture));
	take(waits, fixture);
	while (has_news(fixture, QUIET_MS) && turns++ < 100)
		waits(fixture);
	assert_true(turns < 20);
	jig_free(fixture);
}

static void one_that_has_its_answer_has_rest(void **state)
{
	struct jig *fixture = start_one();
	int turns = 0;

	(void)state;
	assert_non_null(fixture);
	assert_true(asks(fixture));
	assert_true(says_up(fixture));
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	while (has_news(fixture, QUIET_MS) && turns++ < 100)
		waits(fixture);
	assert_true(turns < 2);
	jig_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ready_is_told_though_another_call_has_taken_it),
		cmocka_unit_test(ready_is_told_to_one_that_has_not_asked_yet),
		cmocka_unit_test(ready_is_told_however_often_it_was_taken),
		cmocka_unit_test(a_host_that_does_not_ask_again_has_rest),
		cmocka_unit_test(one_that_has_its_answer_has_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
