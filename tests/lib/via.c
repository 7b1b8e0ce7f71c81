// SPDX-License-Identifier: MIT
/*
 * Promise: a command on another machine (jig_command.via) is started, waited
 * for, stopped and reported as one here. The transport is env(1), so that
 * machine is this one; tests/integration/via has others.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "jobs.h"

static struct jig_command there(const char *line)
{
	struct jig_command command = SHELL(line);

	command.via = "env";
	command.via_jig = getenv("JIG_PROGRAM");
	return command;
}

static void test_the_code_is_that_there(void **state)
{
	(void)state;
	assert_int_equal(run(there("exit 7")), 7);
	assert_int_equal(run(there("kill -USR1 $$")), 128 + SIGUSR1);
}

static void test_variables_are_sent_and_ours_are_not(void **state)
{
	struct jig_command command =
		there("echo \"$A|$B|$OURS|${JIG_VIA_ENV_0-none}\"");
	static const char *const env[] = { "A=a b", "B=", NULL };

	(void)state;
	command.env = env;
	command.via = "env -u OURS";
	assert_int_equal(setenv("OURS", "x", 1), 0);
	assert_true(says(command, "a b|||none\n"));
}

static void test_an_empty_environment(void **state)
{
	struct jig_command command = there("/usr/bin/env | grep -c OURS; :");

	(void)state;
	command.clear_env = true;
	assert_int_equal(setenv("OURS", "x", 1), 0);
	assert_true(says(command, "0\n"));
}

static void test_readiness_addresses_and_a_stop(void **state)
{
	static const char *const ports[] = { "web", NULL };
	static const char *const ready[] = { "log:up (?P<word>.*)", NULL };
	struct jig_command command = there("trap 'exit 5' TERM; echo up high; "
					   "while :; do sleep 0.02; done");
	struct jig *fixture;
	char address[32];

	(void)state;
	command.ports = ports;
	command.ready = ready;
	command.via_address = "far";
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_string_equal(jig_match(fixture, "word"), "high");
	assert_true(jig_port(fixture, "web") > 0);
	(void)snprintf(address, sizeof(address), "far:%d",
		       jig_port(fixture, "web"));
	assert_string_equal(jig_address(fixture, "web"), address);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(code_of(fixture), 5);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	jig_free(fixture);
}

static int start_error(struct jig_command command)
{
	struct jig *fixture = NULL;
	int r = jig_start(&command, &fixture);

	jig_free(fixture);
	return r;
}

static void test_a_start_that_fails_is_an_error(void **state)
{
	static const char *const words[] = { "/no/such/program", NULL };
	const struct jig_fd fds[] = { { 1, 9 } };
	struct jig_command command = there(NULL);

	(void)state;
	command.argv = words;
	assert_int_equal(start_error(command), -ENOENT);
	command = there("true");
	command.via_jig = "/no/such/jig";
	assert_int_equal(start_error(command), -ENOPKG);
	command.via = "/no/such/transport";
	assert_int_equal(start_error(command), -ENOENT);
	command = there("true");
	command.via = "sh -c 'exec sleep 600' sh";
	command.via_timeout_us = 200000;
	assert_int_equal(start_error(command), -ETIMEDOUT);
	command = there("true");
	command.fds = fds;
	command.fd_count = 1;
	assert_int_equal(start_error(command), -EINVAL);
	command = there("true");
	command.via_timeout_us = -1;
	assert_int_equal(start_error(command), -EINVAL);
	command = SHELL("true");
	command.via_push = true;
	assert_int_equal(start_error(command), -EINVAL);
}

static void test_what_does_not_become_ready(void **state)
{
	static const char *const ready[] = { "file:/never", NULL };
	struct jig_command command = there("exec sleep 600");
	struct jig *fixture;

	(void)state;
	command.ready = ready;
	command.start_timeout_us = 200000;
	fixture = start(command);
	assert_non_null(fixture);
	assert_true(jig_wait_ready(fixture, DEADLINE_MS) < 0);
	assert_non_null(strstr(jig_problem(fixture), "/never"));
	assert_true(code_of(fixture) > 0);
	jig_free(fixture);
}

static int signalled(const char *line, int signo, enum jig_target target)
{
	static const char *const ready[] = { "log:up", NULL };
	struct jig_command command = there(line);
	struct jig *fixture;
	int code;

	command.ready = ready;
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_int_equal(jig_signal(fixture, signo, target), 0);
	code = code_of(fixture);
	jig_free(fixture);
	return code;
}

static void test_signals_are_the_commands_there(void **state)
{
	(void)state;
	assert_int_equal(signalled("sh -c 'echo up; exec sleep 600'; exit 3",
				   SIGUSR1, JIG_TARGET_ALL),
			 128 + SIGUSR1);
	assert_int_equal(signalled("trap 'exit 4' USR1; echo up; "
				   "while :; do sleep 0.02; done",
				   SIGUSR1, JIG_TARGET_MAIN),
			 4);
	assert_int_equal(signalled("echo up; exec sleep 600", SIGKILL,
				   JIG_TARGET_MAIN),
			 128 + SIGKILL);
	assert_int_equal(signalled("echo up; exec sleep 600", SIGRTMAX,
				   JIG_TARGET_ALL),
			 128 + SIGRTMAX);
}

static void test_a_suspension_there(void **state)
{
	static const char *const ready[] = { "log:up", NULL };
	struct jig_command command = there("trap 'exit 6' CONT; echo up; "
					   "while :; do sleep 0.02; done");
	struct jig *fixture;

	(void)state;
	command.ready = ready;
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_int_equal(jig_signal(fixture, SIGSTOP, JIG_TARGET_MAIN), 0);
	assert_int_equal(jig_signal(fixture, SIGCONT, JIG_TARGET_MAIN), 0);
	assert_int_equal(code_of(fixture), 6);
	jig_free(fixture);
}

static void test_an_end_that_is_not_known(void **state)
{
	struct jig_command command = there("kill -KILL $(ps -o ppid= "
					   "$(ps -o ppid= $PPID)); sleep 600");
	struct jig *fixture = start(command);
	int code = 0;

	(void)state;
	assert_non_null(fixture);
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, &code), 0);
	assert_int_equal(code, -1);
	assert_int_equal(jig_report_status(jig_report(fixture)), -1);
	assert_non_null(strstr(jig_problem(fixture), "is not known"));
	jig_free(fixture);
}

static void test_a_job_there(void **state)
{
	static const char *const env[] = { "A=a b", NULL };
	struct jig_command command =
		there("test \"$A\" = 'a b' && ! test -t 0 && exec sleep 600");
	struct jig_job job = { .size = sizeof(job) };
	int code = -1;

	(void)state;
	command.env = env;
	assert_int_equal(jig_job_start(&command, NULL, &job), 0);
	assert_int_equal(job.state, JIG_JOB_RUNNING);
	assert_int_equal(jig_job_signal(job.number, SIGKILL, JIG_JOB_ALL), 0);
	assert_int_equal(jig_job_wait(job.number, DEADLINE_MS, &code), 0);
	assert_int_equal(code, 128 + SIGKILL);
	assert_int_equal(jig_job_forget(job.number), 0);
	command.via_jig = "/no/such/jig";
	assert_int_equal(jig_job_start(&command, NULL, &job), -ENOPKG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_code_is_that_there),
		cmocka_unit_test(test_variables_are_sent_and_ours_are_not),
		cmocka_unit_test(test_an_empty_environment),
		cmocka_unit_test(test_readiness_addresses_and_a_stop),
		cmocka_unit_test(test_a_start_that_fails_is_an_error),
		cmocka_unit_test(test_what_does_not_become_ready),
		cmocka_unit_test(test_signals_are_the_commands_there),
		cmocka_unit_test(test_a_suspension_there),
		cmocka_unit_test(test_an_end_that_is_not_known),
		cmocka_unit_test_setup_teardown(test_a_job_there, jobs_set_up,
						jobs_tear_down),
	};

	return RUN(tests);
}
