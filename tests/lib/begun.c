// SPDX-License-Identifier: MIT
/*
 * Promise: a start that was begun (fixture_begin()) is told to an event loop,
 * whichever function has taken the packet that said so.
 */
#include <signal.h>

#include "lib.h"
#include "lib/fixture.h"

#define TRIES 200

static bool has_news(struct jig *fixture)
{
	struct pollfd one = { .fd = jig_fd(fixture), .events = POLLIN };

	return poll(&one, 1, DEADLINE_MS) == 1;
}

/* One that was asked before it ran: we stop its guard until then. */
static struct jig *begin(const struct jig_command *command)
{
	for (int i = 0; i < TRIES; i++) {
		struct jig *fixture = NULL;
		struct fault fault;

		assert_int_equal(fixture_begin(command, NULL, &fixture), 0);
		assert_int_equal(kill(fixture->guard.pid, SIGSTOP), 0);
		if (fixture_started(fixture, &fault) == 0)
			return fixture;
		jig_free(fixture);
	}
	fail_msg("the guard was always faster");
	return NULL;
}

static void a_start_is_told_though_another_call_has_taken_it(void **state)
{
	const struct jig_command command = SHELL("sleep 60");
	struct jig *fixture = begin(&command);
	struct fault fault;

	(void)state;
	assert_int_equal(kill(fixture->guard.pid, SIGCONT), 0);
	while (!fixture->started) {
		assert_true(has_news(fixture));
		assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	}
	assert_true(has_news(fixture));
	assert_int_equal(fixture_started(fixture, &fault), 1);
	jig_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_start_is_told_though_another_call_has_taken_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
