// SPDX-License-Identifier: MIT
/*
 * The jobs of jig.h, except for their start (jobs_start.c) and pure functions
 * (job/spec.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/retry.h"
#include "base/sized.h"
#include "base/text.h"
#include "job/ask.h"
#include "job/boundary.h"
#include "job/keeper_pin.h"
#include "job/store.h"

/* Interval between checks whether a job whose keeper was killed has ended. */
#define LOOK_MIN_US 1000
#define LOOK_MAX_US 32000

int jig_jobs(struct jig_job **ret, size_t *ret_count, size_t size)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	struct fault fault;
	int r = boundary_check_job(size);

	if (r == 0)
		r = store_look_all(&jobs, &fault);
	if (r < 0)
		return r;

	void *array = calloc(jobs.count + 1, size);

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < jobs.count; i++) {
		const struct jig_job *job = list_at(&jobs, i, sizeof(*job));

		sized_put(array, i, size, job, sizeof(*job));
	}
	*ret = array;
	*ret_count = jobs.count;
	return 0;
}

int jig_job_look(const char *spec, struct jig_job *ret)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	struct fault fault;
	size_t index;
	int r = boundary_check_job(ret->size);

	if (r == 0)
		r = store_look_all(&jobs, &fault);
	if (r == 0)
		r = jig_job_find(jobs.items, jobs.count, spec, &index);
	if (r == 0)
		sized_write(ret, list_at(&jobs, index, sizeof(*ret)),
			    sizeof(*ret));
	return r;
}

/* A keeper that has exited has ended its job. */
static int outcome_of(int r)
{
	if (r == -ECONNREFUSED || r == -ECONNRESET || r == -EPIPE ||
	    r == ASK_REFUSED)
		return -ESRCH;
	if (r == ASK_DENIED)
		return -EPERM;
	if (r == ASK_NOT_STARTED)
		return -EAGAIN;
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

int jig_job_hurry(unsigned number)
{
	return request(number, (const char *const[]){ "hurry", NULL });
}

int jig_job_signal(unsigned number, int signo, enum jig_job_target target)
{
	char name[TEXT_SIGNAL_SIZE];

	if (signo <= 0 || signo > 64)
		return -EINVAL;
	int r = request(number,
			(const char *const[]){
				"signal",
				text_signal_name(signo, name, sizeof(name)),
				target == JIG_JOB_ALL ? "all" : "foreground",
				NULL });

	/* Its keeper hangs, or another process stops it again and again. */
	return r == -ETIMEDOUT && signo == SIGKILL ? keeper_kill(number) : r;
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

/* The output of a job that has ended. @return a descriptor, or -ESRCH. */
static int open_output(unsigned number)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, number);

	if (directory < 0)
		return directory;
	int fd = RETRY(openat(directory, "output", O_RDONLY | O_CLOEXEC));

	return fd < 0 ? -ESRCH : fd;
}

static int attach_as(unsigned number, const struct jig_attach *how)
{
	const char *words[10] = { "attach", "raw" };
	size_t count = 2;
	char size[16];

	if (how->read_only)
		words[count++] = "read-only";
	if (how->newest_size)
		words[count++] = "newest";
	if (how->foreground)
		words[count++] = "foreground";
	if (how->resume)
		words[count++] = "continue";
	if (how->whole)
		words[count++] = "whole";
	(void)snprintf(size, sizeof(size), "%ux%u", how->rows, how->columns);
	words[count++] = size;
	words[count] = NULL;

	int fd = -1, r = outcome_of(ask_raw(number, words, &fd));

	if (r == 0)
		return fd;
	return r == -ESRCH && how->whole ? open_output(number) : r;
}

int jig_job_attach(unsigned number, const struct jig_attach *how)
{
	struct jig_attach mine;
	int r = boundary_read_attach(how, &mine);

	return r < 0 ? r : attach_as(number, &mine);
}

/* @return 0, -ESRCH, or -EBUSY: it goes on. */
static int read_end(unsigned number, int *ret_code)
{
	struct jig_job job;
	int r = store_look(number, &job);

	if (r < 0)
		return r;
	if (job.state != JIG_JOB_ENDED && job.state != JIG_JOB_LOST)
		return -EBUSY;
	if (ret_code)
		*ret_code = job.code;
	return 0;
}

/* It had ended before, or its keeper was killed: then the supervisor ends it by
 * its policy, and lets go of the lock when it has. Or the keeper does not take
 * a connection. */
static int await_record(unsigned number, int64_t until, int *ret_code)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	int64_t pause_us = LOOK_MIN_US;
	struct fault fault;
	int r;

	while ((r = read_end(number, ret_code)) == -EBUSY) {
		if (until >= 0 && clock_us() >= until)
			return -ETIMEDOUT;
		keeper_continue(number);
		clock_sleep_us(pause_us);
		if (pause_us < LOOK_MAX_US)
			pause_us *= 2;
	}
	if (r == 0) /* Its environment is not kept. */
		(void)store_look_all(&jobs, &fault);
	return r;
}

int jig_job_wait(unsigned number, int timeout_ms, int *ret_code)
{
	static const char *const words[] = { "wait", NULL };
	int64_t until =
		timeout_ms < 0 ? -1 : clock_in_us(clock_ms_us(timeout_ms));
	CLEANUP_CLOSE int fd = ask_begin(number, words, until);
	int r = fd < 0 ? fd : ask_await(number, fd, POLLIN, until);

	if (r == 0)
		r = ask_status(fd, until, NULL);
	if (r < 0)
		return await_record(number, until, ret_code);
	if (ret_code)
		*ret_code = r;
	return 0;
}

int jig_job_forget(unsigned number)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);

	return store < 0 ? store : store_forget(store, number);
}
