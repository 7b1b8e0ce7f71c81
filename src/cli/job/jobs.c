// SPDX-License-Identifier: MIT
/* `jig jobs`: list jobs, as a shell does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text/json.h"
#include "cli/job/begin/job.h"
#include "job/addresses.h"
#include "job/spec.h"
#include "job/store.h"

static int jobs_take_long(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->is_long = true;
	return 0;
}

static int jobs_take_pids(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->pids = true;
	return 0;
}

static int jobs_take_json(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->up.json = true;
	return 0;
}

static int take_forget(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->forget = true;
	return 0;
}

static const struct option jobs_options[] = {
	{ 'l', "long", NULL, NULL, "also show the pid of the process group",
	  jobs_take_long },
	{ 'p', "pids", NULL, NULL, "show only that pid", jobs_take_pids },
	{ 0, "json", NULL, NULL, "show all that is known, as JSON",
	  jobs_take_json },
	{ 0, "forget", NULL, NULL, "forget the jobs that have ended",
	  take_forget },
	{ 0 },
};

static const char *state_word(enum jig_job_state state)
{
	static const char *const words[] = {
		[JIG_JOB_STARTING] = "starting", [JIG_JOB_RUNNING] = "running",
		[JIG_JOB_STOPPED] = "stopped",	 [JIG_JOB_ENDED] = "ended",
		[JIG_JOB_LOST] = "lost",
	};

	return words[state];
}

struct shown_addresses {
	struct json *json;
	bool ports; /* only these */
};

static void add_address(void *context, const char *name, int port,
			const char *address)
{
	const struct shown_addresses *shown = context;

	if (!shown->ports)
		json_string(shown->json, name, address);
	else if (port > 0)
		json_number(shown->json, name, port);
}

static void add_addresses(struct json *json, const struct jig_job *job)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store >= 0 && !spec_has_ended(job)
			? store_directory(store, job->number)
			: -1;
	struct shown_addresses shown = { json, true };

	json_open(json, "ports", '{');
	if (directory >= 0)
		addresses_read(directory, add_address, &shown);
	json_close(json, '}');
	shown.ports = false;
	json_open(json, "addresses", '{');
	if (directory >= 0)
		addresses_read(directory, add_address, &shown);
	json_close(json, '}');
}

static void add_json(struct json *json, const struct jig_job *job)
{
	char mark[2] = { job->mark, '\0' };

	json_open(json, NULL, '{');
	json_number(json, "number", job->number);
	if (*job->name)
		json_string(json, "name", job->name);
	json_string(json, "state", state_word(job->state));
	json_string(json, "mark", mark);
	json_bool(json, "session", job->is_session);
	json_number(json, "pid", job->pid);
	json_number(json, "sid", job->sid);
	json_number(json, "keeper", job->keeper);
	if (job->state == JIG_JOB_STOPPED)
		json_number(json, "stop_signal", job->stop_signal);
	if (spec_has_ended(job))
		json_number(json, "status", job->code);
	json_number(json, "clients", job->clients);
	add_addresses(json, job);
	json_seconds(json, "started", job->started_us);
	if (job->state == JIG_JOB_ENDED)
		json_seconds(json, "ended", job->ended_us);
	if (*job->terminal)
		json_string(json, "terminal", job->terminal);
	json_string(json, "directory", job->directory);
	json_string(json, "command", job->command);
	json_close(json, '}');
}

static int jobs_print_json(const struct jig_job *jobs, size_t count)
{
	struct json json = { 0 };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < count; i++)
		add_json(&json, &jobs[i]);
	json_close(&json, ']');
	buffer_add(&json.out, "\n", 1);
	int r = json.out.error;

	if (r == 0)
		(void)say_bytes(json.out.text, json.out.used);
	buffer_free(&json.out);
	if (r < 0)
		complain("out of memory");
	return r < 0 ? EXIT_JIG : 0;
}

static int jobs_show(const struct job_settings *settings,
		     const struct jig_job *jobs, size_t count)
{
	if (settings->up.json)
		return jobs_print_json(jobs, count);
	for (size_t i = 0; i < count && !settings->forget; i++) {
		if (settings->pids)
			say_line("%d", (int)jobs[i].pid);
		else
			job_print(&jobs[i], settings->is_long ? JIG_JOB_LONG
							      : JIG_JOB_SHORT);
	}
	return 0;
}

static int jobs_forget(const struct jig_job *jobs, size_t count, bool named)
{
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		if (!named && !spec_has_ended(&jobs[i]))
			continue;
		int r = jig_job_forget(jobs[i].number);

		if (r == 0 || r == -ESRCH)
			continue;
		complain("jobs: %%%u: %s", jobs[i].number,
			 r == -EBUSY ? "the job has not ended" : strerror(-r));
		status = 1;
	}
	return status;
}

/* The jobs of the words, with their marks among all jobs. */
static int jobs_choose(const struct list *all, int count, char **words,
		       struct list *ret)
{
	int status = 0;

	for (int i = 0; i < count; i++) {
		struct jig_job job;
		int r = job_find_in(all, "jobs", words[i], &job);

		if (r == 0 && list_append(ret, &job, sizeof(job)) < 0) {
			complain("jobs: out of memory");
			return EXIT_JIG;
		}
		status = r < 0 ? 1 : status;
	}
	return status;
}

static int jobs_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(list_free) struct list all = { 0 }, chosen = { 0 };
	CLEANUP(job_settings_free) struct job_settings settings;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (job_list(&all) < 0)
		return EXIT_JIG;
	bool named = first < argc;
	const struct list *jobs = named ? &chosen : &all;

	status = named ? jobs_choose(&all, argc - first, argv + first, &chosen)
		       : 0;
	int r = jobs_show(&settings, jobs->items, jobs->count);

	if (r == 0 && settings.forget)
		r = jobs_forget(jobs->items, jobs->count, named);
	return r ? r : status;
}

static const struct page_pair jobs_examples[] = {
	{ "jig jobs -l", "all jobs, with their process groups" },
	{ "jig jobs --json", "all that is known, for a program" },
	{ NULL, NULL },
};

const struct command command_jobs = {
	.name = "jobs",
	.task = TASK_JOBS,
	.usage = "[OPTION…] [JOBSPEC…]",
	.words = "job+",
	.summary = "list jobs, as a shell does",
	.manual = "jig-jobs(1)",
	.options = { jobs_options },
	.examples = jobs_examples,
	.run = jobs_run,
};
