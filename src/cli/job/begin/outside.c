// SPDX-License-Identifier: MIT
/*
 * The client of a session's doorman: outside_start() creates the job's
 * directory with all that a start needs, as if the job had ended; the doorman
 * (outside_door.c) then runs `jig restart` on it.
 */
#include "cli/job/begin/outside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "cli/job/begin/start.h"
#include "job/ask.h"
#include "job/store.h"
#include "tty/say.h"

#define KEEP_MAX (64UL * 1024)

/* Whether one of the lines of @text is @name. */
static bool has_line(const char *text, const char *name)
{
	size_t length = strlen(name);

	while (*text) {
		size_t line = strcspn(text, "\n");

		if (line == length && strncmp(text, name, length) == 0)
			return true;
		text += line + (text[line] == '\n');
	}
	return false;
}

bool outside_has_name(const char *name, unsigned *ret_session)
{
	const char *session = getenv(OUTSIDE_SESSION);
	CLEANUP_FREE char *names = NULL;
	struct fault fault;
	uint64_t number;

	if (!session || text_number(session, INT32_MAX, &number) < 0)
		return false;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, (unsigned)number);

	if (directory < 0 ||
	    fd_read_whole(directory, "keep", KEEP_MAX, &names) < 0 ||
	    !has_line(names, name))
		return false;
	*ret_session = (unsigned)number;
	return true;
}

/* Create a job that looks ended, with all that a restart needs. */
static int outside_prepare(int store, const struct outside_job *job,
			   unsigned *ret, int *ret_start, struct fault *fault)
{
	const struct job_invocation *invocation = &job->invocation;

	struct store_new new;
	int r = store_create(store, job->name, 0, &new, fault);

	if (r < 0)
		return r;
	(void)unsetenv(OUTSIDE_SESSION); /* The job is not in the session. */
	job_start_describe(new.record, job->words);
	r = job_start_save(new.directory, invocation, fault);
	*ret = new.number;
	/* Before store_release(): then another jig may take the number. */
	if (r < 0)
		store_discard(store, *ret);
	else
		*ret_start = r;
	store_release(&new);
	return r < 0 ? r : 0;
}

/* @return the exit status. */
static int ask_doorman(unsigned session, unsigned number, struct fault *fault)
{
	char job[16];
	const char *const words[] = { "start", job, NULL };

	(void)snprintf(job, sizeof(job), "%%%u", number);
	CLEANUP_CLOSE int fd = ask_connect_to(session, "outside");
	int r = fd < 0 ? fd : ask_words(fd, words);

	*fault = (struct fault){ "" };
	if (r == 0)
		r = ask_status(fd, -1, fault);
	return r < 0 ? fault_set(
			       fault, r,
			       "cannot start the job outside of session %u: %s",
			       session, strerror(-r))
		     : r;
}

int outside_start(unsigned session, const struct outside_job *outside,
		  unsigned *ret_number, pid_t *ret_main)
{
	struct fault fault;
	struct jig_job job;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int start =
		-1; /* locked, or another jig would remove it */
	int r = store < 0 ? store
			  : outside_prepare(store, outside, ret_number, &start,
					    &fault);

	if (r < 0)
		return job_start_refuse(-1, NULL, r, &fault);
	r = ask_doorman(session, *ret_number, &fault);
	if (r != 0) {
		(void)store_forget(store, *ret_number); /* may be gone */
		if (r < 0)
			return job_start_refuse(-1, NULL, r, &fault);
		/* The message begins with "jig: ". */
		complain_text(fault.text);
		return r;
	}
	*ret_main = store_read(store, *ret_number, &job) == 0 ? job.pid : 0;
	return 0;
}
