// SPDX-License-Identifier: MIT
/*
 * The jobs of jig.h, but for the start (api_start.c) and what is pure (spec.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "job/ask.h"
#include "job/store.h"

/* How long the kernel may take over the end of a process. */
#define LOCK_US 2000000

int jig_jobs(struct jig_job **ret, size_t *ret_count)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);
	int r = store < 0 ? store : store_list(store, &jobs);

	if (r < 0)
		return r;
	struct jig_job *array =
		jobs.count > 0 ? jobs.items : calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	*ret = array;
	*ret_count = jobs.count;
	jobs = (struct list){ 0 };
	return 0;
}

/* A keeper that has gone has ended its job. */
static int outcome_of(int r)
{
	if (r == -ECONNREFUSED || r == -EPIPE || r == 1)
		return -ESRCH;
	return r < 0 ? r : 0;
}

static int request(unsigned number, const char *const *words)
{
	return outcome_of(ask(number, words, NULL));
}

int jig_job_continue(unsigned number)
{
	return request(number, (const char *const[]){ "continue", NULL });
}

int jig_job_suspend(unsigned number)
{
	return request(number, (const char *const[]){ "suspend", NULL });
}

int jig_job_stop(unsigned number)
{
	return request(number, (const char *const[]){ "stop", NULL });
}

int jig_job_signal(unsigned number, int signo, enum jig_job_target target)
{
	char name[TEXT_SIGNAL_SIZE];

	if (signo <= 0 || signo > 64)
		return -EINVAL;
	return request(number,
		       (const char *const[]){
			       "signal",
			       text_signal_name(signo, name, sizeof(name)),
			       target == JIG_JOB_ALL ? "all" : "foreground",
			       NULL });
}

int jig_job_resize(unsigned number, unsigned short rows, unsigned short columns)
{
	char size[16];
	int r;

	if (rows == 0 || columns == 0)
		return -EINVAL;
	(void)snprintf(size, sizeof(size), "%ux%u", rows, columns);
	r = ask(number, (const char *const[]){ "resize", size, NULL }, NULL);
	return r == 1 ? -ENOTTY : outcome_of(r);
}

int jig_job_attach(unsigned number, const struct jig_attach *how)
{
	static const struct jig_attach usual;
	const char *words[8] = { "attach", "raw" };
	size_t count = 2;
	char size[16];

	how = how ? how : &usual;
	if (how->read_only)
		words[count++] = "read-only";
	if (how->newest_size)
		words[count++] = "newest";
	(void)snprintf(size, sizeof(size), "%ux%u", how->rows, how->columns);
	words[count++] = size;
	words[count] = NULL;

	CLEANUP_CLOSE int fd = ask_connect(number);
	int r = fd < 0 ? fd : ask_words(fd, words);

	if (r == 0)
		r = ask_status(fd, -1, NULL);
	r = outcome_of(r);
	return r < 0 ? r : take_fd(&fd);
}

/* @return 0, -ESRCH, or -EBUSY: it goes on. */
static int read_end(unsigned number, int *ret_code)
{
	struct fault fault;
	struct jig_job job;
	CLEANUP_CLOSE int store = store_open(&fault);
	int r = store < 0 ? store : store_read(store, number, &job);

	if (r < 0)
		return r;
	if (job.state != JIG_JOB_ENDED && job.state != JIG_JOB_LOST)
		return -EBUSY;
	if (ret_code)
		*ret_code = job.code;
	return 0;
}

/* It had ended before, or its keeper was killed: whose socket may be closed a
 * moment before its lock is. */
static int await_record(unsigned number, int *ret_code)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t until = clock_us() + LOCK_US;
	int r;

	while ((r = read_end(number, ret_code)) == -EBUSY && clock_us() < until)
		(void)nanosleep(&pause, NULL);
	return r;
}

int jig_job_wait(unsigned number, int timeout_ms, int *ret_code)
{
	static const char *const words[] = { "wait", NULL };
	int64_t until =
		timeout_ms < 0 ? -1 : clock_us() + timeout_ms * INT64_C(1000);
	CLEANUP_CLOSE int fd = ask_connect(number);
	int r = fd < 0 ? fd : ask_words(fd, words);

	if (r == 0)
		r = ask_status(fd, until, NULL);
	if (r == -ETIMEDOUT)
		return r;
	if (r >= 0 && ret_code)
		*ret_code = r;
	if (r >= 0)
		return 0;
	return await_record(number, ret_code);
}

int jig_job_forget(unsigned number)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);

	return store < 0 ? store : store_forget(store, number);
}
