// SPDX-License-Identifier: MIT
#include "cli/job/begin/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/list.h"
#include "job/keeper_pin.h"
#include "job/spec.h"
#include "job/store.h"
#include "proc/procfs.h"

#define LINE_SIZE 2048
#define MESSAGES_MAX (64UL * 1024)

int job_parse(const struct command *command, int argc, char **argv,
	      struct job_settings *settings, int *ret_status)
{
	struct fault fault;

	*settings = (struct job_settings){ .timeout_us = -1 };
	up_settings_init(&settings->up);
	int first = (command->has_text ? options_parse
				       : options_parse_anywhere)(command, argc,
								 argv, settings,
								 &fault);

	if (options_want_help(first))
		*ret_status = command_print_help(command, first);
	else
		*ret_status = first < 0 ? complain_usage(command, &fault)
					: EXIT_JIG;
	return first;
}

void job_settings_free(struct job_settings *settings)
{
	up_settings_free(&settings->up);
}

int job_list(struct list *ret)
{
	struct fault fault;
	int r = store_look_all(ret, &fault);

	if (r < 0)
		complain("%s", fault.text);
	return r;
}

int job_find(const char *verb, const char *spec, struct jig_job *ret)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	int r = job_list(&jobs);

	return r < 0 ? r : job_find_in(&jobs, verb, spec, ret);
}

int job_find_in(const struct list *jobs, const char *verb, const char *spec,
		struct jig_job *ret)
{
	size_t index;
	int r = jig_job_find(jobs->items, jobs->count, spec ? spec : "%+",
			     &index);

	if (r < 0) {
		complain("%s: %s: %s", verb, spec ? spec : "current",
			 spec_error(r));
		return r;
	}
	*ret = ((struct jig_job *)jobs->items)[index];
	return 0;
}

void job_wake(void *job)
{
	keeper_continue(((const struct jig_job *)job)->number);
}

const char *job_error(int error)
{
	if (error == -ESRCH || error == -ECONNREFUSED || error == -EPIPE)
		return "job has terminated";
	if (error == -EAGAIN)
		return "job has not started yet";
	if (error == -ETIMEDOUT)
		return "its keeper does not answer; to end the job: jig kill "
		       "-s "
		       "KILL";
	return strerror(-error);
}

bool job_holds_us(const struct jig_job *job)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat = { .ppid = getppid() };

	while (stat.ppid > 1 && stat.ppid != job->keeper)
		if (procfd < 0 || stat_read(procfd, stat.ppid, &stat) < 0)
			return false;
	return stat.ppid > 1 && stat.ppid == job->keeper;
}

bool job_is_meant(const char *word)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	struct fault fault;
	CLEANUP_CLOSE int store = *word == '%' ? -1 : store_open(&fault);

	if (*word == '%')
		return true;
	if (store < 0 || store_list(store, &jobs) < 0)
		return false;
	for (size_t i = 0; i < jobs.count; i++)
		if (strcmp(((struct jig_job *)jobs.items)[i].name, word) == 0)
			return true;
	return false;
}

void job_print(const struct jig_job *job, enum jig_job_style style)
{
	char line[LINE_SIZE], here[sizeof(job->directory)];
	CLEANUP(buffer_free) struct buffer text = { 0 };

	(void)jig_job_format(job, style, line, sizeof(line)); /* or it is cut */
	buffer_printf(&text, "%s", line);
	if (*job->name)
		buffer_printf(&text, "  (%%%s)", job->name);
	/* As bash does for a job that was started in another directory. */
	if (!getcwd(here, sizeof(here)) || strcmp(here, job->directory) != 0)
		buffer_printf(&text, "  (wd: %s)", job->directory);
	say_line("%s", text.error ? line : text.text);
}

void job_forget(unsigned number)
{
	struct fault fault;
	CLEANUP_FREE char *messages = NULL;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, number);
	ssize_t n = directory < 0 ? directory
				  : fd_read_whole(directory, "said",
						  MESSAGES_MAX, &messages);

	if (n > 0) /* messages of complain(), and output of the job */
		complain_bytes(messages, (size_t)n);
	(void)jig_job_forget(number); /* Another jig may have done it. */
}

int job_take_detach_key(struct detach_key *ret, const char *value,
			struct fault *fault)
{
	if (detach_key_parse(value, ret) < 0)
		return fault_set(fault, -EINVAL,
				 "--detach-key '%s' is not a key such as "
				 "'ctrl-] d' or 'none'",
				 value);
	return 0;
}
