// SPDX-License-Identifier: MIT
/*
 * Promise: a stop ends, also if another process stops the guard, and also for a
 * host that never waits in jig_wait() but watches jig_fd().
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "lib.h"

#define DEAF "trap '' TERM; echo go; while :; do sleep 0.02; done"

static const struct jig_step steps[] = { { SIGTERM, 300000 } };

static struct jig *begin(pid_t *ret_guard)
{
	struct jig_command command = SHELL(DEAF);
	char text[64] = "";
	struct jig *fixture;
	int out;

	command.out.kind = JIG_STDIO_PIPE;
	command.steps = steps;
	command.step_count = COUNT(steps);
	fixture = start(command);
	assert_non_null(fixture);
	out = jig_take_pipe(fixture, 1);
	assert_string_equal(read_line(out, text, sizeof(text)), "go");
	(void)close(out);

	FILE *file = fopen("/proc/thread-self/children", "re");

	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		(void)fclose(file);
	*ret_guard = atoi(text);
	return fixture;
}

static void stop_guard(pid_t guard)
{
	siginfo_t info;
	int r;

	assert_int_equal(kill(guard, SIGSTOP), 0);
	do
		r = waitid(P_PID, (id_t)guard, &info, WSTOPPED | WNOWAIT);
	while (r < 0 && errno == EINTR);
	assert_int_equal(r, 0);
}

static time_t now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* As an event loop with a timer does it, and one that waits for a moment. */
static int poll_to_the_end(struct jig *fixture, int poll_ms, int wait_ms)
{
	time_t until = now_s() + DEADLINE_MS / 1000;
	int code = -1, r = -ETIMEDOUT;

	while (r == -ETIMEDOUT && now_s() < until) {
		struct pollfd one = { .fd = jig_fd(fixture), .events = POLLIN };

		(void)poll(&one, 1, poll_ms);
		r = jig_wait(fixture, wait_ms, &code);
	}
	return r < 0 ? r : code;
}

static void assert_ends(int poll_ms, int wait_ms)
{
	pid_t guard;
	struct jig *fixture = begin(&guard);

	if (guard <= 0)
		skip(); /* No CONFIG_PROC_CHILDREN. */
	assert_int_equal(jig_stop(fixture), 0);
	stop_guard(guard);
	int code = poll_to_the_end(fixture, poll_ms, wait_ms);

	jig_free(fixture);
	assert_int_equal(code, 128 + SIGKILL);
}

static void a_host_with_a_timer_ends_its_stop(void **state)
{
	(void)state;
	assert_ends(50, 0);
}

static void a_host_that_waits_for_moments_ends_its_stop(void **state)
{
	(void)state;
	assert_ends(0, 20);
}

/* A request continues it at once, so that no timer is needed. */
static void one_that_was_stopped_before_the_stop_takes_it(void **state)
{
	pid_t guard;
	struct jig *fixture = begin(&guard);

	(void)state;
	if (guard <= 0)
		skip();
	stop_guard(guard);
	assert_int_equal(jig_stop(fixture), 0);
	int code = poll_to_the_end(fixture, DEADLINE_MS, 0);

	jig_free(fixture);
	assert_int_equal(code, 128 + SIGKILL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_with_a_timer_ends_its_stop),
		cmocka_unit_test(a_host_that_waits_for_moments_ends_its_stop),
		cmocka_unit_test(one_that_was_stopped_before_the_stop_takes_it),
	};

	return RUN(tests);
}
