// SPDX-License-Identifier: MIT
/*
 * Promise: a job of jig.h leaves its host as it was; any
 * process may make a request to it, and bytes pass whole.
 */
#include "jobs.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static struct jig_job start_job(struct jig_command command,
				const struct jig_job_options *options)
{
	char error[512] = "";
	struct jig_job job = { .size = sizeof(job) };

	command.error = error;
	command.error_size = sizeof(error);
	if (jig_job_start(&command, options, &job) < 0)
		fail_msg("%s", error);
	return job;
}

static struct jig_job look(unsigned number)
{
	struct jig_job job = { .size = sizeof(job) };
	char spec[16];

	(void)snprintf(spec, sizeof(spec), "%u", number);
	assert_int_equal(jig_job_look(spec, &job), 0);
	return job;
}

/* Its keeper counts right after it has answered. */
static void await_clients(unsigned number, unsigned count)
{
	for (int i = 0; i < DEADLINE_MS && look(number).clients != count; i++)
		(void)poll(NULL, 0, 1);
	assert_int_equal(look(number).clients, count);
}

static int code_after(unsigned number)
{
	int code = -1;

	assert_int_equal(jig_job_wait(number, DEADLINE_MS, &code), 0);
	return code;
}

/* ------------------------------------------------------------------ a host */

static size_t open_descriptors(void)
{
	struct rlimit limit;
	size_t count = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int fd = 0; fd < (int)limit.rlim_cur && fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void its_host_has_no_child_and_no_descriptor_of_it(void **state)
{
	size_t before = open_descriptors();
	struct jig_job job = start_job(SHELL("exec sleep 600"), NULL);

	(void)state;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(jig_job_stop(job.number), 0);
	assert_int_equal(code_after(job.number), 128 + SIGTERM);
	assert_int_equal(open_descriptors(), before);
}

static void *start_in_thread(void *ret)
{
	*(struct jig_job *)ret = start_job(SHELL("exec sleep 600"), NULL);
	return NULL;
}

static void it_survives_the_thread_that_started_it(void **state)
{
	struct jig_job job = { .size = sizeof(job) };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, start_in_thread, &job),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(jig_job_wait(job.number, 100, NULL), -ETIMEDOUT);
	assert_int_equal(look(job.number).state, JIG_JOB_RUNNING);
}

static void it_survives_the_host_that_started_it(void **state)
{
	pid_t host = fork();
	int status = -1;

	(void)state;
	if (host == 0) {
		struct jig_command command = SHELL("exec sleep 600");
		struct jig_job job = { .size = sizeof(job) };

		_exit(jig_job_start(&command, NULL, &job) < 0);
	}
	assert_true(host > 0);
	assert_int_equal(waitpid(host, &status, 0), host);
	assert_int_equal(status, 0);
	assert_int_equal(jig_job_wait(1, 100, NULL), -ETIMEDOUT);
	assert_int_equal(look(1).state, JIG_JOB_RUNNING);
}

/* ----------------------------------------------------------------- a stop */

static void only_a_hurry_hurries(void **state)
{
	static const struct jig_step ten_minutes[] = {
		{ .signal = SIGTERM, .wait_us = 600000000 },
		{ .signal = SIGKILL },
	};
	struct jig_command command =
		SHELL("trap '' TERM; echo ready; read x; sleep 600; :");
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	char text[32];

	(void)state;
	command.steps = ten_minutes;
	command.step_count = COUNT(ten_minutes);
	struct jig_job job = start_job(command, NULL);
	int fd = jig_job_attach(job.number, &whole);

	assert_true(fd >= 0);
	assert_string_equal(read_line(fd, text, sizeof(text)), "ready\r");
	assert_int_equal(jig_job_stop(job.number), 0);
	assert_int_equal(jig_job_stop(job.number), 0);
	assert_int_equal(jig_job_wait(job.number, 100, NULL), -ETIMEDOUT);
	assert_int_equal(jig_job_hurry(job.number), 0);
	assert_int_equal(code_after(job.number), 128 + SIGKILL);
	assert_int_equal(jig_job_stop(job.number), -ESRCH);
	assert_int_equal(jig_job_hurry(job.number), -ESRCH);
	(void)close(fd);
}

/* ---------------------------------------------------------------- options */

static void its_options_are_heard(void **state)
{
	struct jig_job_options options = { .size = sizeof(options),
					   .name = "web",
					   .rows = 31,
					   .columns = 97 };
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job = start_job(SHELL("stty size; read x"), &options);
	char text[32];
	int fd = jig_job_attach(job.number, &whole);

	(void)state;
	assert_string_equal(job.name, "web");
	assert_string_equal(look(job.number).name, "web");
	assert_memory_equal(job.terminal, "/dev/", 5);
	assert_true(fd >= 0);
	assert_string_equal(read_line(fd, text, sizeof(text)), "31 97\r");
	(void)close(fd);
}

static void without_a_terminal_there_is_no_size(void **state)
{
	struct jig_job_options options = { .size = sizeof(options),
					   .no_terminal = true };
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job =
		start_job(SHELL("tty; read x || echo end; exec sleep 600"),
			  &options);
	char text[64];
	int fd = jig_job_attach(job.number, &whole);

	(void)state;
	assert_string_equal(job.terminal, "");
	assert_true(fd >= 0);
	assert_string_equal(read_line(fd, text, sizeof(text)), "not a tty");
	assert_string_equal(read_line(fd, text, sizeof(text)), "end");
	(void)close(fd);
	assert_int_equal(jig_job_resize(job.number, 24, 80), -ENOTTY);
}

static void a_client_that_only_reads_types_nothing(void **state)
{
	struct jig_attach reads = { .size = sizeof(reads),
				    .read_only = true,
				    .whole = true };
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job =
		start_job(SHELL("stty -echo; echo ready; read x; echo got $x"),
			  NULL);
	char text[64];
	int reader = jig_job_attach(job.number, &reads);
	int writer = jig_job_attach(job.number, &whole);

	(void)state;
	assert_true(reader >= 0 && writer >= 0);
	assert_string_equal(read_line(reader, text, sizeof(text)), "ready\r");
	assert_int_equal(send(reader, "one\n\x03", 5, MSG_NOSIGNAL), 5);
	await_clients(job.number, 2);
	assert_int_equal(send(writer, "two\n", 4, MSG_NOSIGNAL), 4);
	assert_string_equal(read_line(reader, text, sizeof(text)), "got two\r");
	(void)close(reader);
	(void)close(writer);
}

/* ------------------------------------------------------------------ bytes */

#define MEGABYTE (1UL << 20)

struct pasted {
	int fd;
	const char *bytes;
	bool is_whole;
};

static void *paste(void *data)
{
	struct pasted *to = data;
	size_t done = 0;

	while (done < MEGABYTE) {
		ssize_t n = send(to->fd, to->bytes + done, MEGABYTE - done,
				 MSG_NOSIGNAL);

		if (n <= 0)
			return NULL;
		done += (size_t)n;
	}
	to->is_whole = true;
	return NULL;
}

static void a_megabyte_passes_whole_both_ways(void **state)
{
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	struct jig_job job =
		start_job(SHELL("stty raw -echo; echo ready; exec cat"), NULL);
	char *bytes = malloc(MEGABYTE), *back = malloc(MEGABYTE + 1);
	struct pasted to = { .fd = jig_job_attach(job.number, &whole),
			     .bytes = bytes };
	pthread_t thread;

	(void)state;
	assert_true(bytes && back && to.fd >= 0);
	for (size_t i = 0; i < MEGABYTE; i++)
		bytes[i] = (char)(i * 31 + i / 256);
	assert_string_equal(read_line(to.fd, back, 64), "ready");
	assert_int_equal(pthread_create(&thread, NULL, paste, &to), 0);
	for (size_t done = 0; done < MEGABYTE;) {
		ssize_t n = read(to.fd, back + done, MEGABYTE - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(to.is_whole);
	assert_memory_equal(back, bytes, MEGABYTE);
	(void)close(to.fd);
	free(bytes);
	free(back);
}

static void where_it_cannot_be_shown_is_an_error(void **state)
{
	struct jig_attach how = { .size = sizeof(how), .whole = true };
	struct jig_job job = start_job(SHELL("echo said; read x"), NULL);
	struct jig_job after = { .size = sizeof(after), .number = 77 };
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	assert_int_equal(jig_job_foreground(job.number, &how, -1, ends[1],
					    &after),
			 -EPIPE);
	assert_int_equal(after.number, 77); /* untouched */
	assert_int_equal(look(job.number).state, JIG_JOB_RUNNING);
	(void)close(ends[1]);
	(void)signal(SIGPIPE, SIG_DFL);
}

#define TEST(name) cmocka_unit_test_teardown(name, jobs_end_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_host_has_no_child_and_no_descriptor_of_it),
		TEST(it_survives_the_thread_that_started_it),
		TEST(it_survives_the_host_that_started_it),
		TEST(only_a_hurry_hurries),
		TEST(its_options_are_heard),
		TEST(without_a_terminal_there_is_no_size),
		TEST(a_client_that_only_reads_types_nothing),
		TEST(a_megabyte_passes_whole_both_ways),
		TEST(where_it_cannot_be_shown_is_an_error),
	};

	return cmocka_run_group_tests(tests, jobs_set_up, jobs_tear_down);
}
