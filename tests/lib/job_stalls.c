// SPDX-License-Identifier: MIT
/*
 * Promise: calls of jig.h about jobs keep to their time limits beside a keeper
 * that is stopped, which they continue, and beside a jig that is stopped while
 * it holds the lock of the jobs.
 */
#include "jobs.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>

static struct jig_job start_job(const char *line)
{
	struct jig_command command = SHELL(line);
	struct jig_job job = { .size = sizeof(job) };
	char error[512] = "";

	command.error = error;
	command.error_size = sizeof(error);
	if (jig_job_start(&command, NULL, &job) < 0)
		fail_msg("%s", error);
	return job;
}

static enum jig_job_state state_of(unsigned number)
{
	struct jig_job job = { .size = sizeof(job) };
	char spec[16];

	(void)snprintf(spec, sizeof(spec), "%u", number);
	assert_int_equal(jig_job_look(spec, &job), 0);
	return job.state;
}

/* ------------------------------------------------------------------ the lock
 */

static int open_in_folder(const char *name, int flags)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/jobs/%s", jobs_folder, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

/* An ended job with a file that its keeper would have removed. */
static unsigned ended_with_start(void)
{
	struct jig_job job = start_job("exit 3");
	char name[32];
	int fd;

	assert_int_equal(jig_job_wait(job.number, DEADLINE_MS, NULL), 0);
	(void)snprintf(name, sizeof(name), "%u/start", job.number);
	fd = open_in_folder(name, O_WRONLY | O_CREAT);
	assert_true(fd >= 0);
	(void)close(fd);
	return job.number;
}

static bool has_start(unsigned number)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/jobs/%u/start", jobs_folder,
		       number);
	return access(path, F_OK) == 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As long as a jig that is stopped amid it holds the lock, nothing is cleared.
 * One that changes the jobs waits for 10 s. */
static void a_look_does_not_wait_for_the_lock(void **state)
{
	unsigned number = ended_with_start();
	struct jig_job *jobs = NULL;
	int lock = open_in_folder("lock", O_RDWR | O_CREAT);
	int64_t began = now_ms();
	size_t count;
	int code = -1;

	(void)state;
	assert_true(lock >= 0 && flock(lock, LOCK_EX) == 0);
	assert_int_equal(jig_jobs(&jobs, &count, sizeof(*jobs)), 0);
	assert_int_equal(count, 1);
	free(jobs);
	assert_int_equal(state_of(number), JIG_JOB_ENDED);
	assert_int_equal(jig_job_wait(number, 200, &code), 0);
	assert_int_equal(code, 3);
	assert_true(now_ms() - began < 10000);
	assert_true(has_start(number));
	(void)close(lock);
	assert_int_equal(state_of(number), JIG_JOB_ENDED);
	assert_false(has_start(number));
}

/* --------------------------------------------------------- a stopped keeper */

static char process_state(pid_t pid)
{
	char path[32], text[512];
	const char *end;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	(void)read_all(fd, text, sizeof(text));
	(void)close(fd);
	end = strrchr(text, ')');
	return end ? end[2] : '?';
}

static void stop_keeper(const struct jig_job *job)
{
	int fd = pin(job->keeper);

	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_pidfd_send_signal, fd, SIGSTOP, NULL, 0),
			 0);
	(void)close(fd);
	for (int i = 0; i < DEADLINE_MS && process_state(job->keeper) != 'T';
	     i++)
		(void)poll(NULL, 0, 1);
	assert_int_equal(process_state(job->keeper), 'T');
}

static void attaching_continues_a_stopped_keeper(void **state)
{
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job = start_job("read x; echo got $x; exec sleep 600");
	char text[64];
	int fd;

	(void)state;
	stop_keeper(&job);
	fd = jig_job_attach(job.number, &whole);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, "it\n", 3, MSG_NOSIGNAL), 3);
	do
		assert_true(*read_line(fd, text, sizeof(text)));
	while (strcmp(text, "got it\r") != 0);
	(void)close(fd);
}

static void suspend(unsigned number)
{
	assert_int_equal(jig_job_suspend(number), 0);
	for (int i = 0; i < DEADLINE_MS && state_of(number) != JIG_JOB_STOPPED;
	     i++)
		(void)poll(NULL, 0, 1);
	assert_int_equal(state_of(number), JIG_JOB_STOPPED);
}

static void the_foreground_continues_a_stopped_keeper(void **state)
{
	struct jig_job job = start_job("exec sleep 600");
	struct jig_job after = { .size = sizeof(after) };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	suspend(job.number);
	stop_keeper(&job);
	assert_int_equal(jig_job_foreground(job.number, NULL, -1, null, &after),
			 0);
	assert_int_equal(after.state, JIG_JOB_STOPPED);
	(void)close(null);
}

struct front {
	unsigned number;
	int out, result;
	struct jig_job after;
};

static void *show(void *data)
{
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct front *front = data;

	front->result = jig_job_foreground(front->number, &whole, -1,
					   front->out, &front->after);
	return NULL;
}

static void so_it_does_when_that_is_stopped_later(void **state)
{
	struct jig_job job = start_job("echo on; read x; echo got $x");
	struct front front = { .number = job.number,
			       .after = { .size = sizeof(front.after) } };
	struct jig_attach how = { .size = sizeof(how) };
	pthread_t thread;
	char text[64];
	int ends[2], typist = jig_job_attach(job.number, &how);

	(void)state;
	assert_true(typist >= 0 && pipe(ends) == 0);
	front.out = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, show, &front), 0);
	assert_string_equal(read_line(ends[0], text, sizeof(text)), "on\r");
	stop_keeper(&job);
	assert_int_equal(send(typist, "it\n", 3, MSG_NOSIGNAL), 3);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(front.result, 0);
	assert_int_equal(front.after.state, JIG_JOB_ENDED);
	(void)close(typist);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_wait_continues_a_stopped_keeper(void **state)
{
	struct jig_job job = start_job("exec sleep 600");

	(void)state;
	stop_keeper(&job);
	assert_int_equal(jig_job_wait(job.number, 50, NULL), -ETIMEDOUT);
	assert_int_not_equal(process_state(job.keeper), 'T');
}

#define TEST(name) cmocka_unit_test_teardown(name, jobs_end_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_look_does_not_wait_for_the_lock),
		TEST(attaching_continues_a_stopped_keeper),
		TEST(the_foreground_continues_a_stopped_keeper),
		TEST(so_it_does_when_that_is_stopped_later),
		TEST(a_wait_continues_a_stopped_keeper),
	};

	return cmocka_run_group_tests(tests, jobs_set_up, jobs_tear_down);
}
