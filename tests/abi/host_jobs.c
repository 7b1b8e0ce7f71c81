// SPDX-License-Identifier: MIT
#include "host.h"

#include <fcntl.h>
#include <sys/socket.h>

static void end(unsigned number)
{
	int code = -1;

	assert_int_equal(jig_job_signal(number, SIGKILL, JIG_JOB_ALL), 0);
	assert_int_equal(jig_job_wait(number, DEADLINE_MS, &code), 0);
	assert_int_equal(code, 128 + SIGKILL);
	assert_int_equal(jig_job_forget(number), 0);
}

static void start_one(const char *name)
{
	struct jig_job_options options = {
		.size = sizeof(options), .name = name, .rows = 30, .columns = 90
	};
	struct jig_command command = SHELL("exec sleep 600");
	WATCHED(jig_job) job;
	char error[256] = "";

	command.error = error;
	command.error_size = sizeof(error);
	WATCH(job);
	if (jig_job_start(&command, &options, &job.it) < 0)
		fail_msg("%s", error);
	ASSERT_FITS(job);
	assert_int_equal(job.it.state, JIG_JOB_RUNNING);
	assert_string_equal(job.it.name, name);
	assert_string_equal(job.it.command, "/bin/sh -c 'exec sleep 600'");
}

static void look_at(const char *spec, unsigned number)
{
	WATCHED(jig_job) job;
	char line[256];

	WATCH(job);
	assert_int_equal(jig_job_look(spec, &job.it), 0);
	ASSERT_FITS(job);
	assert_int_equal(job.it.number, number);
	assert_true(jig_job_format(&job.it, JIG_JOB_SHORT, line, sizeof(line)) >
		    0);
	assert_non_null(strstr(line, "Running"));
}

void jobs_are_started_listed_and_found(void **state)
{
	static const char *const names[] = { "one", "two", "three" };
	struct jig_job *jobs = NULL;
	size_t count = 0, index = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		start_one(names[i]);
	assert_int_equal(jig_jobs(&jobs, &count, sizeof(*jobs)), 0);
	assert_int_equal(count, COUNT(names));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(jobs[i].size, sizeof(*jobs));
		assert_int_equal(jobs[i].number, i + 1);
		assert_string_equal(jobs[i].name, names[i]);
		ASSERT_NO_FUTURE(jobs[i]);
		assert_int_equal(jig_job_find(jobs, count, names[i], &index),
				 0);
		assert_int_equal(index, i);
		look_at(names[i], jobs[i].number);
	}
	assert_int_equal(jig_job_find(jobs, count, "%9", &index), -ESRCH);
	jobs[1].size = sizeof(size_t);
	assert_int_equal(jig_job_find(jobs, count, "one", &index), -EINVAL);
	free(jobs);
	for (unsigned i = 0; i < COUNT(names); i++)
		end(i + 1);
}

void a_job_is_attached_to(void **state)
{
	struct jig_command command = SHELL("read x; echo said $x; exit 3");
	struct jig_attach how = { .size = sizeof(how), .whole = true };
	struct jig_job job = { .size = sizeof(job) };
	WATCHED(jig_job) after;
	char text[256];
	int fd;

	(void)state;
	assert_int_equal(jig_job_start(&command, NULL, &job), 0);
	fd = jig_job_attach(job.number, &how);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, "hi\n", 3, MSG_NOSIGNAL), 3);
	(void)read_all(fd, text, sizeof(text));
	assert_non_null(strstr(text, "said hi"));
	(void)close(fd);
	assert_int_equal(jig_job_wait(job.number, DEADLINE_MS, NULL), 0);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	WATCH(after);
	assert_int_equal(jig_job_foreground(job.number, &how, -1, fd,
					    &after.it),
			 0);
	(void)close(fd);
	ASSERT_FITS(after);
	assert_int_equal(after.it.state, JIG_JOB_ENDED);
	assert_int_equal(after.it.code, 3);
	assert_int_equal(jig_job_forget(job.number), 0);
}

static void assert_no_job(void)
{
	struct jig_job *jobs = NULL;
	size_t count = 1;

	assert_int_equal(jig_jobs(&jobs, &count, sizeof(*jobs)), 0);
	assert_int_equal(count, 0);
	free(jobs);
}

/* Nothing is started, and nothing is written. */
void wrong_sizes_of_jobs_are_refused(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	struct jig_job_options options = { .size = sizeof(options) };
	struct jig_attach how = { .size = sizeof(how) };
	struct jig_job job = { .number = 77 }, *jobs = NULL;
	size_t count = 77;
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong_sizes); i++) {
		job.size = options.size = how.size = wrong_sizes[i];
		assert_int_equal(jig_jobs(&jobs, &count, wrong_sizes[i]),
				 -EINVAL);
		assert_int_equal(jig_job_look("1", &job), -EINVAL);
		assert_int_equal(jig_job_format(&job, JIG_JOB_SHORT, line,
						sizeof(line)),
				 -EINVAL);
		assert_int_equal(jig_job_attach(1, &how), -EINVAL);
		assert_int_equal(jig_job_foreground(1, NULL, -1, 1, &job),
				 -EINVAL);
		assert_int_equal(jig_job_start(&command, NULL, &job), -EINVAL);
		job.size = sizeof(job);
		assert_int_equal(jig_job_foreground(1, &how, -1, 1, &job),
				 -EINVAL);
		assert_int_equal(jig_job_start(&command, &options, &job),
				 -EINVAL);
	}
	job.size = options.size = how.size = LARGE_SIZE;
	assert_int_equal(jig_jobs(&jobs, &count, LARGE_SIZE), -E2BIG);
	assert_int_equal(jig_job_look("1", &job), -E2BIG);
	assert_int_equal(jig_job_find(&job, 1, "1", NULL), -E2BIG);
	assert_int_equal(jig_job_format(&job, JIG_JOB_SHORT, line,
					sizeof(line)),
			 -E2BIG);
	assert_int_equal(jig_job_attach(1, &how), -E2BIG);
	assert_int_equal(jig_job_foreground(1, NULL, -1, 1, &job), -E2BIG);
	assert_int_equal(jig_job_start(&command, NULL, &job), -E2BIG);
	job.size = sizeof(job);
	assert_int_equal(jig_job_foreground(1, &how, -1, 1, &job), -E2BIG);
	assert_int_equal(jig_job_start(&command, &options, &job), -E2BIG);
	command.size = 0;
	assert_int_equal(jig_job_start(&command, NULL, &job), -EINVAL);
	assert_int_equal(job.number, 77);
	assert_null(jobs);
	assert_int_equal(count, 77);
	assert_no_job();
}

void new_fields_of_jobs_are_refused(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	struct jig_job_options options = { .size = sizeof(options) };
	struct jig_attach how = { .size = sizeof(how) };
	struct jig_job job = { .size = sizeof(job) };

	(void)state;
	options.reserved[0] = how.reserved[0] = 1;
	assert_int_equal(jig_job_start(&command, &options, &job), -E2BIG);
	assert_int_equal(jig_job_attach(1, &how), -E2BIG);
	assert_int_equal(jig_job_foreground(1, &how, -1, 1, &job), -E2BIG);
#ifdef GROWN
	options.reserved[0] = how.reserved[0] = 0;
	assert_int_equal(jig_job_attach(1, &how), -ESRCH);
	options.future = how.future = 1;
	assert_int_equal(jig_job_start(&command, &options, &job), -E2BIG);
	assert_int_equal(jig_job_attach(1, &how), -E2BIG);
	assert_int_equal(jig_job_foreground(1, &how, -1, 1, &job), -E2BIG);
	command.far_future = "";
	assert_int_equal(jig_job_start(&command, NULL, &job), -E2BIG);
#endif
	assert_no_job();
}
