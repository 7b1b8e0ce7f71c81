// SPDX-License-Identifier: MIT
/* `jig wait`: wait for the end of jobs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"
#include "base/text.h"
#include "cli/job/begin/job.h"
#include "cli/job/begin/outside.h"
#include "job/ask.h"
#include "job/keeper_pin.h"

static int take_any(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->any = true;
	return 0;
}

static int take_timeout(void *data, const char *value, struct fault *fault)
{
	struct job_settings *settings = data;

	if (text_duration(value, &settings->timeout_us) < 0)
		return fault_set(fault, -EINVAL,
				 "--timeout '%s' is not a duration such as "
				 "500ms, 10s or 2m",
				 value);
	return 0;
}

static const struct option wait_options[] = {
	{ 'n', "any", NULL, NULL, "wait only until the first of them has ended",
	  take_any },
	{ 0, "timeout", "TIME", NULL, "time limit; then exit with 124",
	  take_timeout },
	{ 0 },
};

/* A job to wait for. */
struct awaited {
	struct jig_job job;
	int fd; /* readable at its end; negative: it had ended */
};

static void wait_close_all(struct list *all)
{
	for (size_t i = 0; i < all->count; i++)
		cleanup_close(&((struct awaited *)all->items)[i].fd);
	list_free(all);
}

/* Its status; then forget it, as a shell does. */
static int take_status(struct awaited *one, int64_t until)
{
	int code = one->fd < 0 ? -1 : ask_status(one->fd, -1, NULL);

	if (code < 0) {
		code = EXIT_NOT_FOUND; /* Another process has waited for it. */
		if (jig_job_wait(one->job.number, clock_poll_ms(until),
				 &code) == -ETIMEDOUT)
			return EXIT_TIMEOUT;
	}
	cleanup_close(&one->fd);
	job_forget(one->job.number);
	return code;
}

static int wait_add_job(struct list *to, const struct jig_job *job,
			int64_t until)
{
	static const char *const words[] = { "wait", NULL };
	struct awaited one = { .job = *job,
			       .fd = ask_begin(job->number, words, until) };
	int r = list_append(to, &one, sizeof(one));

	if (r < 0)
		cleanup_close(&one.fd);
	return r;
}

/* We run in this job, so it ends after us. Skip it unless it was named. */
static bool are_we_inside(const struct jig_job *job)
{
	static const char *const variables[] = { "JIG_JOB", OUTSIDE_SESSION };

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *inside = getenv(variables[i]);

		if (inside && strtoul(inside, NULL, 10) == job->number)
			return true;
	}
	return false;
}

static int wait_add_all(struct list *to, int64_t until)
{
	CLEANUP(list_free) struct list all = { 0 };
	int r = job_list(&all);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		const struct jig_job *job = list_at(&all, i, sizeof(*job));

		r = are_we_inside(job) ? 0 : wait_add_job(to, job, until);
	}
	return r;
}

/* @return 0, or 127 if the last word is not a job. */
static int wait_choose(int count, char **words, int64_t until, struct list *ret)
{
	int status = 0;

	if (count == 0 && wait_add_all(ret, until) < 0)
		return EXIT_JIG;
	for (int i = 0; i < count; i++) {
		struct jig_job job;

		status = job_find("wait", words[i], &job) < 0 ? EXIT_NOT_FOUND
							      : 0;
		if (status == 0 && wait_add_job(ret, &job, until) < 0)
			return EXIT_JIG;
	}
	return status;
}

/* A suspended keeper does not answer. */
static void continue_all(const struct list *all)
{
	const struct awaited *one = all->items;

	for (size_t i = 0; i < all->count; i++)
		keeper_continue(one[i].job.number);
}

/* Wait for the first end. @return its index, or -ETIMEDOUT. */
static long await_any(const struct list *all, int64_t until)
{
	const struct awaited *one = all->items;
	struct pollfd *fds = calloc(all->count, sizeof(*fds));
	long found = -ETIMEDOUT;

	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		fds[i] = (struct pollfd){ .fd = one[i].fd, .events = POLLIN };
		if (one[i].fd < 0 && found < 0)
			found = (long)i;
	}
	while (found == -ETIMEDOUT) {
		int64_t look =
			clock_sooner(clock_in_us(clock_ms_us(KEEPER_LOOK_MS)),
				     until);
		int n = poll_fds(fds, all->count, clock_poll_ms(look));

		if (n == 0 && until >= 0 && clock_us() >= until)
			break;
		if (n == 0)
			continue_all(all);
		for (size_t i = all->count; n > 0 && i-- > 0;)
			if (fds[i].revents)
				found = (long)i;
	}
	free(fds);
	return found;
}

static int wait_all(struct list *all, int64_t until, int status, bool named)
{
	int code = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct awaited *one = list_at(all, i, sizeof(*one));
		const struct list alone = { .items = one, .count = 1 };

		if (await_any(&alone, until) < 0)
			return EXIT_TIMEOUT;
		code = take_status(one, until);
	}
	/* As in a shell: the status of the last word; 0 without words. */
	return !named ? 0 : status ? status : code;
}

static int wait_any(struct list *all, int64_t until, int status)
{
	if (all->count == 0)
		return status ? status : EXIT_NOT_FOUND;
	long index = await_any(all, until);

	if (index < 0)
		return EXIT_TIMEOUT;
	return take_status(list_at(all, (size_t)index, sizeof(struct awaited)),
			   until);
}

static int wait_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	CLEANUP(wait_close_all) struct list all = { 0 };
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	int64_t until =
		settings.timeout_us < 0 ? -1 : clock_in_us(settings.timeout_us);

	status = wait_choose(argc - first, argv + first, until, &all);
	return settings.any ? wait_any(&all, until, status)
			    : wait_all(&all, until, status, first < argc);
}

static const struct page_pair wait_examples[] = {
	{ "jig wait %1 %2", "until both have ended; the status of job 2" },
	{ "jig wait -n --timeout 5m", "until the first job has ended" },
	{ NULL, NULL },
};

const struct command command_wait = {
	.name = "wait",
	.task = TASK_JOBS,
	.usage = "[OPTION…] [JOBSPEC…]",
	.words = "job+",
	.summary =
		"wait until jobs have ended; exit with the status of the last",
	.manual = "jig-wait(1)",
	.options = { wait_options },
	.examples = wait_examples,
	.run = wait_run,
};
