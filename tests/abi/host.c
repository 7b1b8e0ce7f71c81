// SPDX-License-Identifier: MIT
/*
 * Promise: host and library may be of different versions, as jig.h says in
 * "Sizes". Here fixtures and processes; host_jobs.c has the jobs.
 */
#include "host.h"
#include "jobs.h"

static const char *const up[] = { "log:up", NULL };

/* With arrays of all structs without a size. */
static struct jig *start_server(void)
{
	struct jig_command command =
		SHELL("setsid sh -c 'echo up; exec sleep 600' & wait");
	static const struct jig_step steps[] = { { SIGTERM, 60000000 } };
	const struct jig_limit limits[] = { { RLIMIT_NOFILE, 64, 64 } };

	command.out.kind = JIG_STDIO_CAPTURE;
	command.ready = up;
	command.steps = steps;
	command.step_count = COUNT(steps);
	command.limits = limits;
	command.limit_count = COUNT(limits);
	command.stop_mode = JIG_STOP_MAIN;
	return start(command);
}

static void a_fixture_starts_is_ready_stops_and_reports(void **state)
{
	struct jig *fixture = start_server();
	WATCHED(jig_leftover) leftover;
	const struct jig_report *report;
	char *tail = NULL;

	(void)state;
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_int_equal(jig_tail(fixture, 0, &tail), 3);
	assert_string_equal(tail, "up\n");
	free(tail);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(code_of(fixture), 128 + SIGTERM);
	report = jig_report(fixture);
	assert_int_equal(jig_report_reason(report), JIG_REASON_STOP);
	assert_int_equal(jig_report_survivors(report), 0);
	for (size_t i = 0; i < jig_report_leftovers(report); i++) {
		WATCH(leftover);
		assert_int_equal(jig_report_leftover(report, i, &leftover.it),
				 0);
		ASSERT_FITS(leftover);
		assert_true(leftover.it.pid > 0);
		assert_true(strlen(leftover.it.comm) > 0);
	}
	WATCH(leftover);
	assert_int_equal(jig_report_leftover(report, 64, &leftover.it),
			 -ENOENT);
	assert_canary((unsigned char *)&leftover.it.pid, sizeof(pid_t));
	jig_free(fixture);
}

static void a_leftover_is_described(void **state)
{
	struct jig *fixture = start(SHELL("sleep 600 & exit 3"));
	WATCHED(jig_leftover) leftover;

	(void)state;
	assert_non_null(fixture);
	assert_int_equal(code_of(fixture), 3);
	assert_int_equal(jig_report_leftovers(jig_report(fixture)), 1);
	WATCH(leftover);
	assert_int_equal(jig_report_leftover(jig_report(fixture), 0,
					     &leftover.it),
			 0);
	ASSERT_FITS(leftover);
	assert_int_equal(leftover.it.fate, JIG_FATE_SIGNALED);
	assert_int_equal(leftover.it.value, SIGTERM);
	for (size_t i = 0; i < COUNT(wrong_sizes); i++) {
		leftover.it.size = wrong_sizes[i];
		assert_int_equal(jig_report_leftover(jig_report(fixture), 0,
						     &leftover.it),
				 -EINVAL);
	}
	leftover.it.size = LARGE_SIZE;
	assert_int_equal(jig_report_leftover(jig_report(fixture), 0,
					     &leftover.it),
			 -E2BIG);
	jig_free(fixture);
}

static void a_command_of_a_wrong_size_is_refused(void **state)
{
	char error[64] = "as it was";
	struct jig_command command = { .shell = ":",
				       .error = error,
				       .error_size = sizeof(error) };
	struct jig *fixture = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong_sizes); i++) {
		command.size = wrong_sizes[i];
		assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	}
	command.size = sizeof(command) / 2 / sizeof(size_t) * sizeof(size_t);
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	command.size = sizeof(command) + 1;
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	command.size = LARGE_SIZE;
	assert_int_equal(jig_start(&command, &fixture), -E2BIG);
	assert_string_equal(error, "as it was");
	assert_null(fixture);
}

static void a_reserved_byte_is_refused(void **state)
{
	struct jig_command command = SHELL(":");
	char error[256] = "";
	struct jig *fixture = NULL;

	(void)state;
	command.error = error;
	command.error_size = sizeof(error);
	command.reserved[COUNT(command.reserved) - 1] = 1;
	assert_int_equal(jig_start(&command, &fixture), -E2BIG);
	assert_non_null(strstr(error, "does not know"));
	assert_null(fixture);
}

static const struct jig_process *find_self(const struct jig_process *processes,
					   size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (processes[i].pid == getpid())
			return &processes[i];
	return NULL;
}

static void assert_whole(const struct jig_process *processes, size_t count)
{
	const struct jig_process *self = find_self(processes, count);

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(processes[i].size, sizeof(*processes));
		assert_true(processes[i].pid > 0);
		assert_true(processes[i].threads > 0 ||
			    processes[i].state == 'Z' ||
			    processes[i].state == 'X');
		ASSERT_NO_FUTURE(processes[i]);
	}
	assert_non_null(self);
	assert_int_equal(self->ppid, getppid());
	assert_int_equal(strncmp(self->comm, "abi_", 4), 0);
}

static void processes_are_listed_and_sorted(void **state)
{
	pid_t child = child_sleeper();
	struct jig_process *all = NULL;
	unsigned *depths;
	size_t count = 0;

	(void)state;
	assert_int_equal(jig_list(&all, &count, sizeof(*all)), 0);
	assert_true(count >= 2);
	assert_whole(all, count);
	for (size_t i = 1; i < count; i++)
		assert_true(all[i - 1].pid < all[i].pid);
	assert_int_equal(jig_sort_sessions(all, count), 0);
	assert_whole(all, count);
	for (size_t i = 1; i < count; i++)
		assert_true(all[i - 1].sid <= all[i].sid ||
			    all[i - 1].sid == 0);
	depths = calloc(count, sizeof(*depths));
	assert_int_equal(jig_sort_tree(all, count, depths), 0);
	assert_whole(all, count);
	for (size_t i = 1; i < count; i++)
		if (all[i].ppid == all[i - 1].pid)
			assert_int_equal(depths[i], depths[i - 1] + 1);
	free(depths);
	free(all);
	child_end(child);
}

/* Their sizes differ, or are of no version: nothing is moved. */
static void wrong_sizes_of_processes_are_refused(void **state)
{
	struct jig_process *all = NULL;
	struct jig_process two[2] = { { .size = sizeof(*two), .pid = 2 },
				      { .size = sizeof(*two), .pid = 1 } };
	size_t count = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong_sizes); i++) {
		assert_int_equal(jig_list(&all, &count, wrong_sizes[i]),
				 -EINVAL);
		two[1].size = wrong_sizes[i];
		assert_int_equal(jig_sort_sessions(two, 2), -EINVAL);
		assert_int_equal(jig_sort_tree(two, 2, NULL), -EINVAL);
	}
	two[0].size = two[1].size = LARGE_SIZE;
	assert_int_equal(jig_sort_sessions(two, 1), -E2BIG);
	assert_int_equal(jig_sort_tree(two, 1, NULL), -E2BIG);
	two[0].size = 0;
	assert_int_equal(jig_sort_sessions(two, 1), -EINVAL);
	assert_int_equal(jig_list(&all, &count, LARGE_SIZE), -E2BIG);
	assert_null(all);
	assert_int_equal(count, 7);
	assert_int_equal(two[0].pid, 2);
}

#ifdef GROWN
static void a_new_field_of_a_command_is_refused(void **state)
{
	char error[256] = "";
	struct jig_command command = SHELL("exit 4");
	struct jig *fixture = NULL;

	(void)state;
	assert_int_equal(run(command), 4);
	command.error = error;
	command.error_size = sizeof(error);
	command.future = 1;
	assert_int_equal(jig_start(&command, &fixture), -E2BIG);
	assert_non_null(strstr(error, "does not know"));
	command.future = 0;
	command.far_future = "";
	assert_int_equal(jig_start(&command, &fixture), -E2BIG);
	assert_null(fixture);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fixture_starts_is_ready_stops_and_reports),
		cmocka_unit_test(a_leftover_is_described),
		cmocka_unit_test(a_command_of_a_wrong_size_is_refused),
		cmocka_unit_test(a_reserved_byte_is_refused),
#ifdef GROWN
		cmocka_unit_test(a_new_field_of_a_command_is_refused),
#endif
		cmocka_unit_test(processes_are_listed_and_sorted),
		cmocka_unit_test(wrong_sizes_of_processes_are_refused),
		cmocka_unit_test(jobs_are_started_listed_and_found),
		cmocka_unit_test(a_job_is_attached_to),
		cmocka_unit_test(wrong_sizes_of_jobs_are_refused),
		cmocka_unit_test(new_fields_of_jobs_are_refused),
	};

	return cmocka_run_group_tests(tests, jobs_set_up, jobs_tear_down);
}
