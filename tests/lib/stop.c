// SPDX-License-Identifier: MIT
/*
 * Promise: a stop takes its time, whatever has begun it and however often it is
 * asked for. Only jig_hurry() hurries.
 */
#include "lib.h"

/* Each says "term" when its stop begins, and "bye" when its handler has run to
 * the end. The steps wait for longer than any test does. */
#define LOOP "echo go; while :; do sleep 0.02; done"
#define WAITS "trap 'echo term; read x; echo bye; exit 3' TERM; " LOOP
#define SLEEPS "trap 'echo term; sleep 0.2; echo bye; exit 3' TERM; " LOOP
#define DEAF "trap 'echo term' TERM; " LOOP

static const struct jig_step patient[] = { { SIGTERM, 120000000 } };

struct stopped {
	struct jig *fixture;
	int in, out;
	char text[64];
};

static struct jig_command with_pipes(const char *line)
{
	struct jig_command command = SHELL(line);

	command.in.kind = command.out.kind = JIG_STDIO_PIPE;
	command.steps = patient;
	command.step_count = COUNT(patient);
	return command;
}

static void assert_line(struct stopped *stopped, const char *line)
{
	assert_string_equal(read_line(stopped->out, stopped->text,
				      sizeof(stopped->text)),
			    line);
}

static struct stopped begin(struct jig_command command)
{
	struct stopped stopped = { .fixture = start(command) };

	assert_non_null(stopped.fixture);
	stopped.in = jig_take_pipe(stopped.fixture, 0);
	stopped.out = jig_take_pipe(stopped.fixture, 1);
	assert_line(&stopped, "go");
	return stopped;
}

/* Its stop begins by the time limit that `set` sets. On a machine under load it
 * may begin before the trap is set, so try again with a later one. */
static struct stopped begin_limited(const char *line,
				    void (*set)(struct jig_command *command,
						int64_t limit_us))
{
	for (int64_t us = 100000;; us *= 2) {
		struct jig_command command = with_pipes(line);

		set(&command, us);
		struct stopped one = { .fixture = start(command) };

		assert_non_null(one.fixture);
		one.in = jig_take_pipe(one.fixture, 0);
		one.out = jig_take_pipe(one.fixture, 1);
		(void)read_line(one.out, one.text, sizeof(one.text));
		if (strcmp(one.text, "go") == 0)
			return one;
		jig_free(one.fixture);
		(void)close(one.in);
		(void)close(one.out);
	}
}

static void set_timeout(struct jig_command *command, int64_t limit_us)
{
	command->timeout_us = limit_us;
}

static void set_start_timeout(struct jig_command *command, int64_t limit_us)
{
	static const char *const never[] = { "file:/nowhere/at/all", NULL };

	command->ready = never;
	command->start_timeout_us = limit_us;
}

static void assert_no_more(struct stopped *stopped)
{
	assert_int_equal(read_all(stopped->out, stopped->text,
				  sizeof(stopped->text)),
			 0);
	(void)close(stopped->in);
	(void)close(stopped->out);
}

static void end(struct stopped *stopped, int code)
{
	assert_int_equal(code_of(stopped->fixture), code);
	assert_int_equal(jig_report_survivors(jig_report(stopped->fixture)), 0);
	jig_free(stopped->fixture);
	assert_no_more(stopped);
}

static void say_line(int fd)
{
	assert_int_equal(write(fd, "x\n", 2), 2);
}

/* More often than the policy has steps. */
static void stop_often(struct jig *fixture)
{
	for (int i = 0; i < 50; i++)
		assert_int_equal(jig_stop(fixture), 0);
}

static void a_second_stop_does_not_hurry(void **state)
{
	struct stopped one = begin(with_pipes(WAITS));

	(void)state;
	stop_often(one.fixture);
	assert_line(&one, "term");
	stop_often(one.fixture);
	assert_int_equal(jig_wait(one.fixture, 100, NULL), -ETIMEDOUT);
	say_line(one.in);
	assert_line(&one, "bye");
	end(&one, 3);
}

static void free_waits_for_a_stop(void **state)
{
	struct stopped one = begin(with_pipes(SLEEPS));

	(void)state;
	assert_int_equal(jig_stop(one.fixture), 0);
	assert_line(&one, "term");
	jig_free(one.fixture);
	assert_line(&one, "bye");
	assert_no_more(&one);
}

static void a_stop_by_a_time_limit_is_not_hurried(void **state)
{
	struct stopped one = begin_limited(WAITS, set_timeout);

	(void)state;
	assert_line(&one, "term");
	stop_often(one.fixture);
	say_line(one.in);
	assert_line(&one, "bye");
	assert_int_equal(code_of(one.fixture), 3);
	assert_int_equal(jig_report_reason(jig_report(one.fixture)),
			 JIG_REASON_TIMEOUT);
	end(&one, 3);
}

static void free_waits_for_a_stop_by_a_time_limit(void **state)
{
	struct stopped one = begin_limited(SLEEPS, set_timeout);

	(void)state;
	assert_line(&one, "term");
	jig_free(one.fixture);
	assert_line(&one, "bye");
	assert_no_more(&one);
}

static void free_waits_for_the_stop_of_one_that_was_not_ready(void **state)
{
	struct stopped one = begin_limited(SLEEPS, set_start_timeout);

	(void)state;
	assert_int_equal(jig_wait_ready(one.fixture, DEADLINE_MS), -ETIME);
	assert_line(&one, "term");
	stop_often(one.fixture);
	jig_free(one.fixture);
	assert_line(&one, "bye");
	assert_no_more(&one);
}

/* Main's end begins the stop of what it has left behind. */
static void free_waits_for_the_stop_of_leftovers(void **state)
{
	struct stopped one = begin(with_pipes("(" SLEEPS ") & read x; exit 4"));

	(void)state;
	say_line(one.in);
	assert_line(&one, "term");
	stop_often(one.fixture);
	jig_free(one.fixture);
	assert_line(&one, "bye");
	assert_no_more(&one);
}

static void edge_27_a_hurry_begins_the_next_step(void **state)
{
	struct stopped one = begin(with_pipes(DEAF));

	(void)state;
	assert_int_equal(jig_stop(one.fixture), 0);
	assert_line(&one, "term");
	assert_int_equal(jig_wait(one.fixture, 0, NULL), -ETIMEDOUT);
	assert_int_equal(jig_hurry(one.fixture), 0);
	end(&one, 128 + SIGKILL);
}

static void a_hurry_without_a_stop_begins_one(void **state)
{
	struct stopped one = begin(with_pipes(WAITS));

	(void)state;
	assert_int_equal(jig_hurry(one.fixture), 0);
	assert_line(&one, "term");
	stop_often(one.fixture);
	say_line(one.in);
	assert_line(&one, "bye");
	end(&one, 3);
}

static void a_hurry_right_behind_a_stop_is_not_lost(void **state)
{
	struct stopped one = begin(with_pipes(DEAF));

	(void)state;
	assert_int_equal(jig_stop(one.fixture), 0);
	assert_int_equal(jig_hurry(one.fixture), 0);
	assert_int_equal(code_of(one.fixture), 128 + SIGKILL);
	assert_int_equal(jig_stop(one.fixture), -ESRCH);
	assert_int_equal(jig_hurry(one.fixture), -ESRCH);
	jig_free(one.fixture);
	(void)close(one.in);
	(void)close(one.out);
}

static void a_hurry_hurries_a_stop_by_a_time_limit(void **state)
{
	struct stopped one = begin_limited(DEAF, set_timeout);

	(void)state;
	assert_line(&one, "term");
	assert_int_equal(jig_hurry(one.fixture), 0);
	end(&one, 128 + SIGKILL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_stop_does_not_hurry),
		cmocka_unit_test(free_waits_for_a_stop),
		cmocka_unit_test(a_stop_by_a_time_limit_is_not_hurried),
		cmocka_unit_test(free_waits_for_a_stop_by_a_time_limit),
		cmocka_unit_test(
			free_waits_for_the_stop_of_one_that_was_not_ready),
		cmocka_unit_test(free_waits_for_the_stop_of_leftovers),
		cmocka_unit_test(edge_27_a_hurry_begins_the_next_step),
		cmocka_unit_test(a_hurry_without_a_stop_begins_one),
		cmocka_unit_test(a_hurry_right_behind_a_stop_is_not_lost),
		cmocka_unit_test(a_hurry_hurries_a_stop_by_a_time_limit),
	};

	return RUN(tests);
}
