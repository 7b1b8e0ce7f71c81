// SPDX-License-Identifier: MIT
#include "job/spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/sized.h"
#include "base/text.h"
#include "job/boundary.h"

/* As in bash: the width of its longest signal name. */
#define STATE_WIDTH 24

bool spec_is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length < sizeof(((struct jig_job *)0)->name) &&
	       strspn(name, allowed) == length && name[0] != '-' &&
	       strspn(name, "0123456789") != length;
}

bool spec_has_ended(const struct jig_job *job)
{
	return job->state == JIG_JOB_ENDED || job->state == JIG_JOB_LOST;
}

const char *spec_error(int error)
{
	return error == -ENOTUNIQ ? "ambiguous job spec" : "no such job";
}

/* ----------------------------------------------------------------- marks */

/* Suspended before running before ended. */
static int weight(const struct jig_job *job)
{
	switch (job->state) {
	case JIG_JOB_STOPPED:
		return 2;
	case JIG_JOB_ENDED:
	case JIG_JOB_LOST:
		return 0;
	default:
		return 1;
	}
}

static bool is_more_current(const struct jig_job *a, const struct jig_job *b)
{
	if (weight(a) != weight(b))
		return weight(a) > weight(b);
	if (a->recent_us != b->recent_us)
		return a->recent_us > b->recent_us;
	return a->number > b->number;
}

/* The most current job without a mark. */
static struct jig_job *next_current(struct jig_job *jobs, size_t count)
{
	struct jig_job *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (jobs[i].mark == ' ' &&
		    (!best || is_more_current(&jobs[i], best)))
			best = &jobs[i];
	return best;
}

void spec_mark(struct jig_job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		jobs[i].mark = ' ';

	struct jig_job *current = next_current(jobs, count);

	if (!current)
		return;
	current->mark = '+';

	struct jig_job *previous = next_current(jobs, count);

	if (previous)
		previous->mark = '-';
}

/* --------------------------------------------------------------- jobspecs */

static bool has_mark(const struct jig_job *job, const char *mark)
{
	return job->mark == *mark;
}

static bool has_number(const struct jig_job *job, const char *text)
{
	return job->number == strtoul(text, NULL, 10);
}

static bool job_spec_has_name(const struct jig_job *job, const char *name)
{
	return strcmp(job->name, name) == 0;
}

static bool begins(const struct jig_job *job, const char *text)
{
	return strncmp(job->command, text, strlen(text)) == 0;
}

static bool job_spec_holds(const struct jig_job *job, const char *text)
{
	return strstr(job->command, text) != NULL;
}

static int job_spec_find(const struct jig_job *jobs, size_t count,
			 bool (*is)(const struct jig_job *job,
				    const char *text),
			 const char *text, size_t *ret)
{
	size_t found = count;

	for (size_t i = 0; i < count; i++) {
		if (!is(sized_at(jobs, i), text))
			continue;
		if (found < count)
			return -ENOTUNIQ;
		found = i;
	}
	if (found == count)
		return -ESRCH;
	*ret = found;
	return 0;
}

static bool job_spec_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

int jig_job_find(const struct jig_job *jobs, size_t count, const char *spec,
		 size_t *ret_index)
{
	bool percent = *spec == '%';
	const char *text = spec + percent;
	int r = boundary_check_jobs(jobs, count);

	if (r < 0)
		return r;
	if (!percent && !*text)
		return -ESRCH;
	if (percent &&
	    (!*text || strcmp(text, "%") == 0 || strcmp(text, "+") == 0))
		return job_spec_find(jobs, count, has_mark, "+", ret_index);
	if (percent && strcmp(text, "-") == 0)
		/* A single job is both. */
		return job_spec_find(jobs, count, has_mark,
				     count == 1 ? "+" : "-", ret_index);
	if (job_spec_is_number(text))
		return job_spec_find(jobs, count, has_number, text, ret_index);
	if (percent && *text == '?')
		return job_spec_find(jobs, count, job_spec_holds, text + 1,
				     ret_index);

	r = job_spec_find(jobs, count, job_spec_has_name, text, ret_index);
	return r == 0 || !percent
		       ? r
		       : job_spec_find(jobs, count, begins, text, ret_index);
}

/* ------------------------------------------------------------------ lines */

static void ended_state(const struct jig_job *job, char *ret, size_t size)
{
	int status = job->status;

	/* jig's own status: it has stopped the job, or failed (jig-run(1)). */
	if (status < 0 ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 0 && job->code != 0))
		(void)snprintf(ret, size, "Exit %d", job->code);
	else if (WIFSIGNALED(status))
		(void)snprintf(ret, size, "%s", strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		(void)snprintf(ret, size, "Done");
	else
		(void)snprintf(ret, size, "Exit %d", WEXITSTATUS(status));
}

void spec_state(const struct jig_job *job, enum jig_job_style style, char *ret,
		size_t size)
{
	switch (job->state) {
	case JIG_JOB_STARTING:
		(void)snprintf(ret, size, "Starting");
		break;
	case JIG_JOB_RUNNING:
		(void)snprintf(ret, size, "Running");
		break;
	case JIG_JOB_STOPPED:
		(void)snprintf(ret, size, "%s",
			       style & JIG_JOB_LONG
				       ? strsignal(job->stop_signal)
				       : "Stopped");
		break;
	case JIG_JOB_LOST:
		(void)snprintf(ret, size, "Lost");
		break;
	default:
		ended_state(job, ret, size);
	}
}

static bool has_dumped(const struct jig_job *job)
{
	return job->state == JIG_JOB_ENDED && job->status >= 0 &&
	       WIFSIGNALED(job->status) && WCOREDUMP(job->status);
}

const char *spec_command(const struct jig_job *job, char *buffer, size_t size)
{
	return text_printable(job->command, buffer, size);
}

int jig_job_format(const struct jig_job *job, enum jig_job_style style,
		   char *buffer, size_t size)
{
	char state[SPEC_STATE], words[SPEC_COMMAND], pid[16] = "";
	bool runs =
		job->state == JIG_JOB_RUNNING || job->state == JIG_JOB_STARTING;
	int r = boundary_check_job(job->size);

	if (r < 0)
		return r;
	spec_state(job, style, state, sizeof(state));
	if (style & JIG_JOB_LONG)
		(void)snprintf(pid, sizeof(pid), "%5d", (int)job->pid);
	return snprintf(buffer, size, "[%u]%c %s %-*s%s%s%s", job->number,
			job->mark, pid, STATE_WIDTH, state,
			has_dumped(job) ? "(core dumped) " : "",
			spec_command(job, words, sizeof(words)),
			runs ? " &" : "");
}
