// SPDX-License-Identifier: MIT
/* Promise: the jobs of jig.h, from start to forgetting, with their errors. */
#include "jobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct jig_job job_of(const char *line)
{
	char error[512] = "";
	struct jig_command command = { .size = sizeof(command),
				       .shell = line,
				       .error = error,
				       .error_size = sizeof(error) };
	struct jig_job job = { .size = sizeof(job) };

	if (jig_job_start(&command, NULL, &job) < 0)
		fail_msg("%s", error);
	return job;
}

static struct jig_job look(unsigned number)
{
	struct jig_job job = { .size = sizeof(job) };
	char spec[16];

	(void)snprintf(spec, sizeof(spec), "%%%u", number);
	assert_int_equal(jig_job_look(spec, &job), 0);
	return job;
}

static void end(unsigned number)
{
	int code = -1;

	assert_int_equal(jig_job_signal(number, SIGKILL, JIG_JOB_ALL), 0);
	assert_int_equal(jig_job_wait(number, DEADLINE_MS, &code), 0);
	assert_int_equal(code, 128 + SIGKILL);
	assert_int_equal(jig_job_forget(number), 0);
}

static void a_job_is_started_listed_waited_for_and_forgotten(void **state)
{
	struct jig_job job = job_of("read line; exit $line"), *jobs;
	size_t count;
	int code = -1;

	(void)state;
	assert_int_equal(job.number, 1);
	assert_int_equal(job.state, JIG_JOB_RUNNING);
	assert_true(job.pid > 0 && job.sid > 0 && job.keeper > 0);
	assert_int_equal(jig_jobs(&jobs, &count, sizeof(*jobs)), 0);
	assert_int_equal(count, 1);
	assert_int_equal(jobs[0].pid, job.pid);
	assert_int_equal(jobs[0].mark, '+');
	free(jobs);
	assert_int_equal(jig_job_wait(1, 0, &code), -ETIMEDOUT);
	assert_int_equal(jig_job_forget(1), -EBUSY);

	int fd = jig_job_attach(1, NULL);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "7\n", 2), 2);
	assert_int_equal(jig_job_wait(1, DEADLINE_MS, &code), 0);
	(void)close(fd);
	assert_int_equal(code, 7);
	job = look(1);
	assert_int_equal(job.state, JIG_JOB_ENDED);
	assert_int_equal(job.code, 7);
	assert_int_equal(jig_job_forget(1), 0);
	assert_int_equal(jig_jobs(&jobs, &count, sizeof(*jobs)), 0);
	assert_int_equal(count, 0);
	free(jobs);
}

static void the_spec_names_a_job(void **state)
{
	struct jig_job_options options = { .size = sizeof(options),
					   .name = "one" };
	struct jig_command command = { .size = sizeof(command),
				       .argv = (const char *[]){
					       "sleep", "1000", NULL } };
	struct jig_job first = { .size = sizeof(first) };
	struct jig_job second = { .size = sizeof(second) };
	struct jig_job found = { .size = sizeof(found) };

	(void)state;
	assert_int_equal(jig_job_start(&command, &options, &first), 0);
	assert_int_equal(jig_job_start(&command, NULL, &second), 0);
	assert_int_equal(jig_job_start(&command, &options, &found), -EEXIST);
	assert_int_equal(jig_job_look("one", &found), 0);
	assert_int_equal(found.number, first.number);
	assert_string_equal(found.name, "one");
	assert_int_equal(jig_job_look("%%", &found), 0);
	assert_int_equal(found.number, second.number);
	assert_int_equal(jig_job_look("%sleep", &found), -ENOTUNIQ);
	assert_int_equal(jig_job_look("%9", &found), -ESRCH);
	assert_int_equal(found.number, second.number); /* Untouched. */
	end(first.number);
	end(second.number);
}

static void await_state(unsigned number, enum jig_job_state state)
{
	for (int i = 0; i < DEADLINE_MS && look(number).state != state; i++)
		(void)poll(NULL, 0, 1);
	assert_int_equal(look(number).state, state);
}

static void a_job_is_stopped_and_goes_on(void **state)
{
	/* Nothing that it forks: a shell that is in vfork(2) does not stop
	 * while its child is stopped. */
	struct jig_job job = job_of("read x; :");
	char line[256];

	(void)state;
	assert_int_equal(jig_job_suspend(job.number), 0);
	await_state(job.number, JIG_JOB_STOPPED);
	job = look(job.number);
	assert_int_equal(job.stop_signal, SIGTSTP);
	(void)jig_job_format(&job, JIG_JOB_SHORT, line, sizeof(line));
	assert_memory_equal(line, "[1]+  Stopped  ", 15);
	assert_int_equal(jig_job_continue(job.number), 0);
	await_state(job.number, JIG_JOB_RUNNING);
	end(job.number);
}

static void a_client_that_attaches_whole_misses_nothing(void **state)
{
	static char text[65536];
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job = job_of("seq 5000");

	(void)state;
	/* First while it may run, then of what has ended. */
	for (int i = 0; i < 2; i++) {
		int fd = jig_job_attach(job.number, &whole);

		assert_true(fd >= 0);
		(void)read_all(fd, text, sizeof(text));
		(void)close(fd);
		assert_memory_equal(text, "1\r\n2\r\n3\r\n", 9);
		assert_non_null(strstr(text, "\r\n4999\r\n5000\r\n"));
		assert_int_equal(jig_job_wait(job.number, DEADLINE_MS, NULL),
				 0);
	}
	assert_int_equal(jig_job_attach(job.number, NULL), -ESRCH);
	assert_int_equal(jig_job_forget(job.number), 0);
	assert_int_equal(jig_job_attach(job.number, &whole), -ESRCH);
}

static void the_foreground_ends_with_a_stop(void **state)
{
	struct jig_attach how = { .size = sizeof(how),
				  .foreground = true,
				  .whole = true };
	struct jig_job job = job_of("kill -STOP $$; echo on; read x");
	char text[64];

	(void)state;
	for (int i = 0; i < 2; i++) { /* Stopped later, or before. */
		int fd = jig_job_attach(job.number, &how);

		assert_true(fd >= 0);
		assert_int_equal(read_all(fd, text, sizeof(text)), 0);
		(void)close(fd);
		assert_int_equal(look(job.number).state, JIG_JOB_STOPPED);
	}
	how.resume = true;

	int fd = jig_job_attach(job.number, &how);

	assert_true(fd >= 0);
	assert_string_equal(read_line(fd, text, sizeof(text)), "on\r");
	assert_int_equal(write(fd, "\x1a", 1), 1); /* ^Z */
	(void)read_all(fd, text, sizeof(text));
	(void)close(fd);
	assert_int_equal(look(job.number).stop_signal, SIGTSTP);
	end(job.number);
}

static void a_foreground_without_a_terminal_only_shows(void **state)
{
	struct jig_attach how = { .size = sizeof(how), .whole = true };
	struct jig_job job = job_of("echo said; exit 3"), after = job;
	char text[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(jig_job_foreground(job.number, &how, -1, ends[1],
					    &after),
			 0);
	(void)close(ends[1]);
	(void)read_all(ends[0], text, sizeof(text));
	(void)close(ends[0]);
	assert_string_equal(text, "said\r\n");
	assert_int_equal(after.state, JIG_JOB_ENDED);
	assert_int_equal(after.code, 3);
	assert_int_equal(jig_job_forget(job.number), 0);
	assert_int_equal(jig_job_foreground(1, NULL, -1, 1, &after), -ESRCH);
	assert_int_equal(after.code, 3);
}

static void a_size_holds(void **state)
{
	struct jig_attach how = {
		.size = sizeof(how), .whole = true, .rows = 30, .columns = 90
	};
	struct jig_job job = job_of("stty -echo; echo begun; while read x; do "
				    "stty size; done");
	int fd = jig_job_attach(job.number, &how);
	char text[64];

	(void)state;
	assert_true(fd >= 0);
	assert_string_equal(read_line(fd, text, sizeof(text)), "begun\r");
	assert_int_equal(jig_job_resize(job.number, 40, 100), 0);
	assert_int_equal(write(fd, "\n", 1), 1);
	assert_string_equal(read_line(fd, text, sizeof(text)), "40 100\r");
	assert_int_equal(jig_job_resize(job.number, 0, 100), -EINVAL);
	(void)close(fd);
	end(job.number);
}

static void errors_have_their_numbers(void **state)
{
	struct jig_command command = { .size = sizeof(command),
				       .argv = (const char *[]){ "/no/such",
								 NULL } };
	struct jig_job_options named = { .size = sizeof(named), .name = "12" };
	struct jig_job job = { .size = sizeof(job) };

	(void)state;
	assert_int_equal(jig_job_start(&command, NULL, &job), -ENOENT);
	command.group = JIG_GROUP_SESSION;
	assert_int_equal(jig_job_start(&command, NULL, &job), -EINVAL);
	command = SHELL(":");
	assert_int_equal(jig_job_start(&command, &named, &job), -EINVAL);
	assert_int_equal(jig_job_wait(7, 0, NULL), -ESRCH);
	assert_int_equal(jig_job_stop(7), -ESRCH);
	assert_int_equal(jig_job_continue(7), -ESRCH);
	assert_int_equal(jig_job_suspend(7), -ESRCH);
	assert_int_equal(jig_job_signal(7, SIGTERM, JIG_JOB_ALL), -ESRCH);
	assert_int_equal(jig_job_signal(7, 0, JIG_JOB_ALL), -EINVAL);
	assert_int_equal(jig_job_forget(7), -ESRCH);
	assert_int_equal(jig_job_resize(7, 24, 80), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_job_is_started_listed_waited_for_and_forgotten),
		cmocka_unit_test(the_spec_names_a_job),
		cmocka_unit_test(a_job_is_stopped_and_goes_on),
		cmocka_unit_test(a_client_that_attaches_whole_misses_nothing),
		cmocka_unit_test(the_foreground_ends_with_a_stop),
		cmocka_unit_test(a_foreground_without_a_terminal_only_shows),
		cmocka_unit_test(a_size_holds),
		cmocka_unit_test(errors_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, jobs_set_up, jobs_tear_down);
}
