// SPDX-License-Identifier: MIT
/* Promise: what jig.h says of a running fixture, of its end and its report. */
#include "lib.h"

static void a_fixture_runs_to_its_end(void **state)
{
	struct jig *fixture = start(SHELL("exit 7"));
	int code = 99;

	(void)state;
	assert_non_null(fixture);
	assert_true(jig_pid(fixture) > 0);
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, &code), 0);
	assert_int_equal(code, 7);
	/* Asked again it says the same. */
	assert_int_equal(jig_wait(fixture, 0, NULL), 0);
	jig_free(fixture);
	jig_free(NULL);
}

static void the_code_is_a_shells(void **state)
{
	(void)state;
	assert_int_equal(run(SHELL("exit 255")), 255);
	assert_int_equal(run(SHELL("kill -KILL $$")), 128 + SIGKILL);
	assert_int_equal(run((struct jig_command){
				 .size = sizeof(struct jig_command),
				 .argv = (const char *[]){ "true", NULL } }),
			 0);
}

static void waiting_has_a_limit(void **state)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));
	int code = 99;

	(void)state;
	assert_int_equal(jig_wait(fixture, 0, &code), -ETIMEDOUT);
	assert_int_equal(jig_wait(fixture, 20, &code), -ETIMEDOUT);
	assert_int_equal(code, 99);
	assert_null(jig_report(fixture));
	jig_free(fixture);
}

static void pid_and_pidfd_are_mains(void **state)
{
	struct jig_command command = SHELL("echo $$; exec sleep 600");
	struct jig *fixture;
	int out, copy;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	assert_int_equal(read_number(out), jig_pid(fixture));
	copy = dup(jig_pidfd(fixture));
	assert_true(copy >= 0);
	assert_int_equal(kill(jig_pid(fixture), SIGKILL), 0);
	assert_true(has_ended(copy, DEADLINE_MS));
	assert_int_equal(code_of(fixture), 128 + SIGKILL);
	(void)close(out);
	jig_free(fixture);
}

/* A number that our pid namespace gives out now. */
static pid_t next_pid(void)
{
	pid_t pid = child_sleeper();

	child_end(pid);
	return pid;
}

/* How many of 100 mains that end at once have another number than one that was
 * given out, as we count, during their start. */
static int count_wrong(enum jig_cage kind)
{
	struct jig_command command = { .size = sizeof(command),
				       .argv = (const char *[]){ "true", NULL },
				       .cage = kind };
	int wrong = 0;

	for (int i = 0; i < 100; i++) {
		pid_t before = next_pid(), after, pid;
		struct jig *fixture = start(command);

		if (!fixture)
			return -1;
		pid = jig_pid(fixture);
		after = next_pid();
		/* Unless numbers have come round meanwhile. */
		wrong += before < after && (pid <= before || pid >= after);
		wrong += code_of(fixture) != 0;
		jig_free(fixture);
	}
	return wrong;
}

static void the_pid_is_as_its_caller_counts_also_of_one_that_ends_at_once(
	void **state)
{
	(void)state;
	assert_int_equal(count_wrong(JIG_CAGE_SUBREAPER), 0);
	if (geteuid() == 0)
		assert_int_equal(count_wrong(JIG_CAGE_PIDNS), 0);
}

static void in_a_pid_namespace_the_pid_is_as_its_caller_counts(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	char path[64], text[4096] = "";
	struct jig *fixture;
	FILE *status;
	int inner = 0;

	(void)state;
	if (geteuid() != 0)
		skip();
	command.cage = JIG_CAGE_PIDNS;
	fixture = start(command);
	assert_non_null(fixture);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", jig_pid(fixture));
	status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(text, sizeof(text), status))
		if (strncmp(text, "NSpid:", 6) == 0)
			break;
	(void)fclose(status);
	/* Ours, and that of the namespace, in which it is the second. */
	assert_int_equal(sscanf(text, "NSpid: %*d %d", &inner), 1);
	assert_int_equal(inner, 2);
	jig_free(fixture);
}

static void signals_reach_main_or_all(void **state)
{
	struct jig_command command =
		SHELL("trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM;"
		      "echo go; while :; do read x || sleep 600 & wait; done");
	struct jig *fixture;
	char text[64];
	int out;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	command.in.kind = JIG_STDIO_NULL;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	assert_string_equal(read_line(out, text, sizeof(text)), "go");
	assert_int_equal(jig_signal(fixture, SIGUSR1, JIG_TARGET_MAIN), 0);
	assert_string_equal(read_line(out, text, sizeof(text)), "usr1");
	assert_int_equal(jig_signal(fixture, SIGTERM, JIG_TARGET_ALL), 0);
	assert_int_equal(code_of(fixture), 3);
	assert_int_equal(jig_signal(fixture, SIGTERM, JIG_TARGET_ALL), -ESRCH);
	assert_int_equal(jig_stop(fixture), -ESRCH);
	(void)close(out);
	jig_free(fixture);
}

static void a_signal_that_is_none_is_einval(void **state)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));

	(void)state;
	assert_int_equal(jig_signal(fixture, 0, JIG_TARGET_MAIN), -EINVAL);
	assert_int_equal(jig_signal(fixture, 65, JIG_TARGET_MAIN), -EINVAL);
	assert_int_equal(jig_signal(fixture, SIGTERM, (enum jig_target)9),
			 -EINVAL);
	jig_free(fixture);
}

static void a_stop_takes_the_policys_steps(void **state)
{
	static const struct jig_step steps[] = { { SIGUSR1, 2000000 },
						 { SIGKILL, 0 } };
	struct jig_command command =
		SHELL("trap 'exit 5' USR1; echo go; sleep 600 & wait");
	struct jig *fixture;
	char text[8];
	int out;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	command.steps = steps;
	command.step_count = 2;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	(void)read_line(out, text, sizeof(text));
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(code_of(fixture), 5);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	(void)close(out);
	jig_free(fixture);
}

/* A daemon: own session, its parent gone, deaf to SIGTERM; says its pid. */
#define DAEMON "setsid sh -c 'trap \"\" TERM; sleep 600 & echo $!' & wait; "

static void edge_1_free_leaves_no_process(void **state)
{
	static const struct jig_step steps[] = { { SIGTERM, 0 } };
	struct jig_command command = SHELL(DAEMON "exec sleep 600");
	struct jig *fixture;
	int out, pidfd;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	command.steps = steps;
	command.step_count = 1;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	pidfd = pin(read_number(out));
	assert_true(pidfd >= 0);
	jig_free(fixture);
	assert_true(has_ended(pidfd, 0));
	(void)close(out);
}

static void a_time_limit_stops_it(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	struct jig *fixture;

	(void)state;
	command.timeout_us = 50000;
	fixture = start(command);
	assert_int_equal(code_of(fixture), 128 + SIGTERM);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_TIMEOUT);
	jig_free(fixture);
}

static void the_owner_may_be_another_process(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	pid_t owner = child_sleeper();
	struct jig *fixture;

	(void)state;
	command.owner = owner;
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	child_end(owner);
	assert_int_equal(code_of(fixture), 128 + SIGTERM);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_OWNER);
	jig_free(fixture);
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return poll(&one, 1, timeout_ms) == 1 && (one.revents & POLLIN);
}

static void one_descriptor_tells_of_the_end(void **state)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));
	int fd = jig_fd(fixture);

	(void)state;
	assert_true(fd >= 0);
	assert_false(is_readable(fd, 0));
	assert_int_equal(jig_stop(fixture), 0);
	do
		assert_true(is_readable(fd, DEADLINE_MS));
	while (jig_wait(fixture, 0, NULL) == -ETIMEDOUT);
	jig_free(fixture);
}

/* An event loop has it registered: it must not become another's number. */
static void the_descriptor_stays_until_free(void **state)
{
	struct jig *fixture = start(SHELL("exit 0"));
	int fd = jig_fd(fixture);

	(void)state;
	assert_int_equal(code_of(fixture), 0);
	assert_int_equal(jig_wait(fixture, 0, NULL), 0);
	assert_int_equal(jig_signal(fixture, SIGTERM, JIG_TARGET_MAIN), -ESRCH);
	assert_int_equal(jig_fd(fixture), fd);
	jig_free(fixture);
}

static void the_report_tells_of_cage_and_usage(void **state)
{
	struct jig_leftover none = { .size = sizeof(none) };
	struct jig *fixture = start(SHELL(":"));
	const struct jig_report *report;

	(void)state;
	assert_int_equal(code_of(fixture), 0);
	report = jig_report(fixture);
	assert_non_null(report);
	assert_int_equal(jig_report_status(report), 0);
	assert_int_equal(jig_report_code(report), 0);
	assert_int_equal(jig_report_reason(report), JIG_REASON_EXIT);
	assert_true(strlen(jig_report_cage(report)) > 0);
	assert_true(strlen(jig_report_cage_reason(report)) > 0);
	assert_true(jig_report_wall_us(report) > 0);
	assert_true(jig_report_user_us(report) >= 0);
	assert_true(jig_report_system_us(report) >= 0);
	assert_true(jig_report_peak_bytes(report) > 0);
	assert_int_equal(jig_report_leftovers(report), 0);
	assert_int_equal(jig_report_leftover(report, 0, &none), -ENOENT);
	assert_int_equal(jig_report_survivors(report), 0);
	assert_int_equal(jig_report_survivor(report, 0, &none), -ENOENT);
	assert_int_equal(none.pid, 0);
	jig_free(fixture);
}

static void the_report_names_a_leftover(void **state)
{
	/* It is deaf and in its own session before it says its number. */
	struct jig_command command =
		SHELL("setsid sh -c 'trap \"\" TERM; echo $$ >&5;"
		      "exec sleep 600' 5>&1 >/dev/null & read x; exit 3");
	static const struct jig_step steps[] = { { SIGTERM, 0 } };
	struct jig_leftover leftover = { .size = sizeof(leftover) };
	struct jig *fixture;
	int out, pid;

	(void)state;
	command.in.kind = command.out.kind = JIG_STDIO_PIPE;
	command.steps = steps;
	command.step_count = 1;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	pid = read_number(out);
	(void)close(jig_take_pipe(fixture, 0));
	assert_int_equal(code_of(fixture), 3);
	assert_int_equal(jig_report_leftovers(jig_report(fixture)), 1);
	assert_int_equal(jig_report_leftover(jig_report(fixture), 0, &leftover),
			 0);
	assert_int_equal(leftover.pid, pid);
	assert_int_equal(leftover.sid, pid);
	assert_int_equal(leftover.uid, geteuid());
	assert_int_equal(leftover.how &
				 (JIG_HOW_SESSION | JIG_HOW_IGNORES_TERM),
			 JIG_HOW_SESSION | JIG_HOW_IGNORES_TERM);
	assert_int_equal(leftover.fate, JIG_FATE_SIGNALED);
	assert_int_equal(leftover.value, SIGKILL);
	assert_int_equal(jig_report_leftover(jig_report(fixture), 1, &leftover),
			 -ENOENT);
	(void)close(out);
	jig_free(fixture);
}

static void the_report_is_json_too(void **state)
{
	struct jig *fixture = start(SHELL("exit 4"));
	char *text = NULL;
	ssize_t size;

	(void)state;
	assert_int_equal(code_of(fixture), 4);
	size = jig_report_json(jig_report(fixture), &text);
	assert_true(size > 0);
	assert_int_equal(strlen(text), size);
	assert_non_null(strstr(text, "\"exit_status\": 4,"));
	free(text);
	jig_free(fixture);
}

static void assert_cage(enum jig_cage kind, const char *name)
{
	struct jig_command command = SHELL("exit 6");
	struct jig *fixture = NULL;
	char error[512] = "";
	int r;

	command.cage = kind;
	command.error = error;
	command.error_size = sizeof(error);
	r = jig_start(&command, &fixture);
	/* What this machine cannot have is refused with a reason. */
	if (r == -ENOTSUP) {
		assert_true(strlen(error) > 0);
		return;
	}
	assert_int_equal(r, 0);
	assert_int_equal(code_of(fixture), 6);
	assert_string_equal(jig_report_cage(jig_report(fixture)), name);
	jig_free(fixture);
}

static void the_cage_is_as_asked(void **state)
{
	(void)state;
	assert_cage(JIG_CAGE_CGROUP, "cgroup");
	assert_cage(JIG_CAGE_PIDNS, "pidns");
	assert_cage(JIG_CAGE_SUBREAPER, "subreaper");
	assert_cage(JIG_CAGE_PGROUP, "pgroup");
}

/* The guard is our only child: found without asking the library. */
static pid_t guard_pid(void)
{
	char text[64] = "";
	FILE *file = fopen("/proc/thread-self/children", "re");

	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		(void)fclose(file);
	return atoi(text);
}

static void edge_14_the_guards_death_is_told(void **state)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));
	int main_process = pin(jig_pid(fixture));
	pid_t guard = guard_pid();

	(void)state;
	if (guard <= 0)
		skip(); /* No CONFIG_PROC_CHILDREN. */
	assert_int_equal(kill(guard, SIGKILL), 0);
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, NULL), -EPROTO);
	assert_int_equal(jig_signal(fixture, SIGTERM, JIG_TARGET_MAIN), -ESRCH);
	jig_free(fixture);
	assert_true(has_ended(main_process, DEADLINE_MS));
}

static void the_version_is_three_numbers(void **state)
{
	unsigned a, b, c;

	(void)state;
	assert_int_equal(sscanf(jig_version(), "%u.%u.%u", &a, &b, &c), 3);
}

static void a_daemon_goes_on_without_main(void **state)
{
	struct jig_command command =
		SHELL("(setsid sh -c 'echo daemon; exec sleep 1000' &) ; :");
	struct jig *fixture;
	char text[32];
	int out;

	(void)state;
	command.daemon = true;
	command.out.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	assert_non_null(fixture);
	out = jig_take_pipe(fixture, 1);
	assert_string_equal(read_line(out, text, sizeof(text)), "daemon");
	assert_true(has_ended(dup(jig_pidfd(fixture)), DEADLINE_MS));
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	/* Its main process can be signalled no more, all of it can. */
	assert_int_equal(jig_signal(fixture, SIGKILL, JIG_TARGET_MAIN), 0);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	assert_int_equal(jig_signal(fixture, SIGCONT, JIG_TARGET_ALL), 0);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(code_of(fixture), 0);
	assert_true(jig_report_daemon(jig_report(fixture)));
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	assert_int_equal(jig_report_leftovers(jig_report(fixture)), 0);
	assert_int_equal(read(out, text, 1), 0);
	(void)close(out);
	jig_free(fixture);
}

static void a_daemon_in_a_pgroup_cage_is_einval(void **state)
{
	struct jig_command command = SHELL(":");
	struct jig *fixture = NULL;

	(void)state;
	command.daemon = true;
	command.cage = JIG_CAGE_PGROUP;
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	assert_null(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_daemon_goes_on_without_main),
		cmocka_unit_test(a_daemon_in_a_pgroup_cage_is_einval),
		cmocka_unit_test(a_fixture_runs_to_its_end),
		cmocka_unit_test(the_code_is_a_shells),
		cmocka_unit_test(waiting_has_a_limit),
		cmocka_unit_test(pid_and_pidfd_are_mains),
		cmocka_unit_test(
			the_pid_is_as_its_caller_counts_also_of_one_that_ends_at_once),
		cmocka_unit_test(
			in_a_pid_namespace_the_pid_is_as_its_caller_counts),
		cmocka_unit_test(signals_reach_main_or_all),
		cmocka_unit_test(a_signal_that_is_none_is_einval),
		cmocka_unit_test(a_stop_takes_the_policys_steps),
		cmocka_unit_test(edge_1_free_leaves_no_process),
		cmocka_unit_test(a_time_limit_stops_it),
		cmocka_unit_test(the_owner_may_be_another_process),
		cmocka_unit_test(one_descriptor_tells_of_the_end),
		cmocka_unit_test(the_descriptor_stays_until_free),
		cmocka_unit_test(the_report_tells_of_cage_and_usage),
		cmocka_unit_test(the_report_names_a_leftover),
		cmocka_unit_test(the_report_is_json_too),
		cmocka_unit_test(the_cage_is_as_asked),
		cmocka_unit_test(edge_14_the_guards_death_is_told),
		cmocka_unit_test(the_version_is_three_numbers),
	};

	return RUN(tests);
}
