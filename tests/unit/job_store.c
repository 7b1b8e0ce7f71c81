// SPDX-License-Identifier: MIT
/* The directory of jobs: numbers, names, and which may be forgotten. No keeper
 * runs here: a process that holds a record's lock counts as one. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "job/store.h"

static char folder[64];

static int set_up(void **state)
{
	int store = -1;
	struct fault fault = { "" };

	(void)snprintf(folder, sizeof(folder), "/tmp/jig-store-XXXXXX");
	if (!mkdtemp(folder) || setenv("JIG_RUNTIME_DIR", folder, 1) < 0)
		return -1;
	store = store_open(&fault);
	*state = (void *)(intptr_t)store; /* cmocka has nothing but a pointer */
	return store < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	char line[128];

	(void)close((int)(intptr_t)*state);
	(void)snprintf(line, sizeof(line), "rm -r '%s'", folder);
	return system(line);
}

static int of(void **state)
{
	return (int)(intptr_t)*state;
}

static struct store_new make(int store, const char *name)
{
	struct store_new new;
	struct fault fault = { "" };

	if (store_create(store, name, 0, &new, &fault) < 0)
		fail_msg("%s", fault.text);
	return new;
}

/* As a keeper does it. */
static void end(struct store_new *job)
{
	record_begin(job->record);
	job->record->state = JIG_JOB_ENDED;
	job->record->wait_status = 3 << 8;
	job->record->code = 3;
	record_end(job->record);
	store_release(job);
}

static struct jig_job look(int store, unsigned number)
{
	struct jig_job job;

	assert_int_equal(store_read(store, number, &job), 0);
	return job;
}

/* The numbers of all jobs, with their marks: "1- 2+". */
static void assert_jobs(int store, const char *expected)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	char text[256] = "";

	assert_int_equal(store_list(store, &jobs), 0);
	for (size_t i = 0; i < jobs.count; i++) {
		const struct jig_job *job = list_at(&jobs, i, sizeof(*job));
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%u%c",
			       i > 0 ? " " : "", job->number, job->mark);
	}
	assert_string_equal(text, expected);
}

static const char *at(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static const char *at(const char *format, ...)
{
	static char path[PATH_MAX];
	size_t used = (size_t)snprintf(path, sizeof(path), "%s/jobs/", folder);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(path + used, sizeof(path) - used, format, arguments);
	va_end(arguments);
	return path;
}

/* --------------------------------------------------------------- numbers */

static void the_smallest_number_that_is_free_is_taken(void **state)
{
	struct store_new jobs[4];

	for (unsigned i = 0; i < 3; i++) {
		jobs[i] = make(of(state), NULL);
		assert_int_equal(jobs[i].number, i + 1);
	}
	assert_jobs(of(state), "1  2- 3+");
	end(&jobs[1]);
	jobs[3] = make(of(state), NULL);
	assert_int_equal(jobs[3].number, 4); /* 2 is taken until forgotten */
	assert_int_equal(store_forget(of(state), 2), 0);
	assert_jobs(of(state), "1  3- 4+");
	jobs[1] = make(of(state), NULL);
	assert_int_equal(jobs[1].number, 2);
	for (size_t i = 0; i < COUNT(jobs); i++)
		store_release(&jobs[i]);
}

static void make_and_leave(void)
{
	struct fault fault;
	int store = store_open(&fault);

	for (int i = 0; store >= 0 && i < 20; i++) {
		struct store_new new;

		if (store_create(store, NULL, 0, &new, &fault) < 0)
			_exit(1);
		end(&new);
	}
	_exit(store < 0);
}

static void of_several_that_make_jobs_at_once_each_has_numbers_of_its_own(
	void **state)
{
	pid_t makers[4];
	CLEANUP(list_free) struct list jobs = { 0 };

	for (size_t i = 0; i < COUNT(makers); i++) {
		makers[i] = fork();
		assert_true(makers[i] >= 0);
		if (makers[i] == 0)
			make_and_leave();
	}
	for (size_t i = 0; i < COUNT(makers); i++) {
		int status = -1;

		assert_int_equal(waitpid(makers[i], &status, 0), makers[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(store_list(of(state), &jobs), 0);
	assert_int_equal(jobs.count, 80);
	for (unsigned i = 0; i < 80; i++) {
		const struct jig_job *job = list_at(&jobs, i, sizeof(*job));

		assert_int_equal(job->number, i + 1);
	}
}

static void what_a_killed_jig_left_half_made_is_taken_over(void **state)
{
	struct store_new job;

	assert_int_equal(mkdir(at("1"), 0700), 0);
	assert_int_equal(mkdir(at("2"), 0700), 0);
	assert_int_equal(symlink("web", at("2/name")), 0);
	assert_jobs(of(state), "");
	job = make(of(state), "web");
	assert_int_equal(job.number, 1);
	store_release(&job);
	job = make(of(state), NULL);
	assert_int_equal(job.number, 2);
	assert_string_equal(look(of(state), 2).name, "");
	store_release(&job);
}

static void what_is_no_jobs_directory_is_left_alone(void **state)
{
	struct store_new job;

	assert_int_equal(mkdir(at("007"), 0700), 0);
	assert_int_equal(mkdir(at("x"), 0700), 0);
	assert_int_equal(mkdir(at("-1"), 0700), 0);
	assert_int_equal(symlink("/tmp", at("1")), 0);
	assert_jobs(of(state), "");
	job = make(of(state), NULL);
	assert_int_equal(job.number, 2);
	assert_jobs(of(state), "2+");
	assert_int_equal(access(at("007"), F_OK), 0);
	store_release(&job);
}

/* ----------------------------------------------------------- life and end */

static void a_job_lives_while_its_record_is_locked(void **state)
{
	struct store_new job = make(of(state), NULL);

	assert_int_equal(look(of(state), 1).state, JIG_JOB_STARTING);
	assert_int_equal(store_forget(of(state), 1), -EBUSY);
	record_begin(job.record);
	job.record->state = JIG_JOB_STOPPED;
	job.record->clients = 2;
	record_end(job.record);
	assert_int_equal(look(of(state), 1).state, JIG_JOB_STOPPED);
	store_release(&job); /* as the kernel does it for a killed keeper */
	assert_int_equal(look(of(state), 1).state, JIG_JOB_LOST);
	assert_int_equal(look(of(state), 1).code, 125);
	assert_int_equal(look(of(state), 1).clients, 0);
	assert_int_equal(store_forget(of(state), 1), 0);
	assert_int_equal(store_forget(of(state), 1), -ESRCH);
	assert_jobs(of(state), "");
}

static void a_keeper_killed_while_it_writes_leaves_a_lost_job(void **state)
{
	struct store_new job = make(of(state), NULL);

	record_begin(job.record);
	job.record->state = JIG_JOB_ENDED; /* half of what it had to say */
	store_release(&job);
	assert_int_equal(look(of(state), 1).state, JIG_JOB_LOST);
	assert_int_equal(store_forget(of(state), 1), 0);
}

static void a_status_is_kept_until_it_is_forgotten(void **state)
{
	struct store_new job = make(of(state), "web");

	end(&job);
	assert_int_equal(look(of(state), 1).state, JIG_JOB_ENDED);
	assert_int_equal(look(of(state), 1).code, 3);
	assert_int_equal(look(of(state), 1).status, 3 << 8);
	assert_string_equal(look(of(state), 1).name, "web");
}

static void another_versions_job_is_neither_shown_nor_removed(void **state)
{
	struct store_new job = make(of(state), NULL), next;
	struct jig_job out = { .size = sizeof(out), .number = 77 };

	job.record->size++;
	assert_jobs(of(state), "");
	assert_int_equal(store_read(of(state), 1, &out), -EPROTO);
	assert_int_equal(out.number, 77); /* untouched */
	assert_true(store_forget(of(state), 1) < 0);
	next = make(of(state), NULL);
	assert_int_equal(next.number, 2);
	assert_int_equal(access(at("1/record"), F_OK), 0);
	store_release(&next);
	store_release(&job);
}

static void what_is_no_job(void **state)
{
	struct jig_job job;

	assert_int_equal(store_read(of(state), 1, &job), -ESRCH);
	assert_int_equal(store_read(of(state), UINT_MAX, &job), -ESRCH);
	assert_int_equal(store_directory(of(state), 1), -ESRCH);
	assert_int_equal(store_forget(of(state), 1), -ESRCH);
}

static void a_number_is_begun_again_when_its_job_has_ended(void **state)
{
	struct store_new first = make(of(state), "web"), second, wrong;
	struct fault fault = { "" };

	assert_int_equal(store_create(of(state), "web", 1, &wrong, &fault),
			 -EBUSY);
	assert_int_not_equal(fault.text[0], '\0');
	end(&first);
	assert_int_equal(store_create(of(state), "web", 1, &second, &fault), 0);
	assert_int_equal(second.number, 1);
	assert_int_equal(look(of(state), 1).state, JIG_JOB_STARTING);
	assert_string_equal(look(of(state), 1).name, "web");
	store_release(&second);
}

/* ------------------------------------------------------------------ names */

static void a_name_is_one_living_jobs(void **state)
{
	struct store_new web = make(of(state), "web"), other;
	struct fault fault = { "" };

	assert_int_equal(store_create(of(state), "web", 0, &other, &fault),
			 -EEXIST);
	assert_non_null(strstr(fault.text, "job 1 has the name web"));
	assert_jobs(of(state), "1+"); /* nothing was made */
	assert_int_equal(store_create(of(state), "7", 0, &other, &fault),
			 -EINVAL);
	assert_int_equal(store_create(of(state), "../x", 0, &other, &fault),
			 -EINVAL);
	end(&web);
	other = make(of(state), "web"); /* a job that has ended gives it up */
	assert_jobs(of(state), "1+");
	assert_int_equal(look(of(state), 1).state, JIG_JOB_STARTING);
	store_release(&other);
}

static void a_job_gets_another_name(void **state)
{
	struct store_new a = make(of(state), "a"), b = make(of(state), NULL);
	struct fault fault = { "" };

	assert_int_equal(store_rename(of(state), 1, "c", &fault), 0);
	assert_string_equal(look(of(state), 1).name, "c");
	assert_int_equal(store_rename(of(state), 1, "c", &fault), 0);
	assert_int_equal(store_rename(of(state), 2, "c", &fault), -EEXIST);
	assert_int_equal(store_rename(of(state), 2, "8", &fault), -EINVAL);
	assert_int_equal(store_rename(of(state), 9, "d", &fault), -ESRCH);
	assert_string_equal(look(of(state), 2).name, "");
	end(&a);
	assert_int_equal(store_rename(of(state), 2, "c", &fault), 0);
	assert_jobs(of(state), "2+"); /* its owner has ended: forgotten */
	store_release(&b);
}

/* ---------------------------------------------------------------- sockets */

static void a_keeper_listens_for_us_alone(void **state)
{
	struct store_new job = make(of(state), NULL);
	CLEANUP_CLOSE int listener = store_listen(job.directory, 1, "socket");
	CLEANUP_CLOSE int client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address;
	struct stat status;

	assert_true(listener >= 0);
	assert_int_equal(stat(at("1/socket"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(at("1"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(at("1/record"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(store_address(job.directory, 1, "socket", &address),
			 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	store_release(&job);
	(void)state;
}

/* --------------------------------------------------------- the directory */

static void a_runtime_directory_of_others_is_refused(void **state)
{
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(chmod(folder, 0770), 0);
	assert_true(store_open(&fault) < 0);
	assert_non_null(strstr(fault.text, folder));
	assert_int_equal(chmod(folder, 0702), 0);
	assert_true(store_open(&fault) < 0);
	assert_int_equal(chmod(folder, 0700), 0);
	CLEANUP_CLOSE int store = store_open(&fault);

	assert_true(store >= 0);
}

static void a_link_in_place_of_the_jobs_is_refused(void **state)
{
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(rmdir(at("%s", "")), 0);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/jobs", folder);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_true(store_open(&fault) < 0);
	assert_non_null(strstr(fault.text, "jobs"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_smallest_number_that_is_free_is_taken),
		TEST(of_several_that_make_jobs_at_once_each_has_numbers_of_its_own),
		TEST(what_a_killed_jig_left_half_made_is_taken_over),
		TEST(what_is_no_jobs_directory_is_left_alone),
		TEST(a_job_lives_while_its_record_is_locked),
		TEST(a_keeper_killed_while_it_writes_leaves_a_lost_job),
		TEST(a_status_is_kept_until_it_is_forgotten),
		TEST(another_versions_job_is_neither_shown_nor_removed),
		TEST(what_is_no_job),
		TEST(a_number_is_begun_again_when_its_job_has_ended),
		TEST(a_name_is_one_living_jobs),
		TEST(a_job_gets_another_name),
		TEST(a_keeper_listens_for_us_alone),
		TEST(a_runtime_directory_of_others_is_refused),
		TEST(a_link_in_place_of_the_jobs_is_refused),
	};

	return RUN(tests);
}
