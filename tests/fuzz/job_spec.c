// SPDX-License-Identifier: MIT
/*
 * Whatever a jobspec is, it means one of the jobs, none, or several; and what
 * it means is what it says.
 *
 * The first line is the jobspec, the second a job's name, each other one a
 * job's command.
 */
#include "fuzz.h"

#include <errno.h>

#include "base/text.h"
#include "job/spec.h"

#define MOST 8
#define NOBODY 1000

static size_t read_jobs(char *text, struct jig_job *jobs)
{
	char *name = strsep(&text, "\n");
	size_t count = 0;

	for (; text && count < MOST; count++) {
		struct jig_job job = { .size = sizeof(job),
				       .number = (unsigned)count * 3 + 1,
				       .state = (enum jig_job_state)(count % 4),
				       .recent_us = (int64_t)(count * 7 % 5),
				       .status = -1 };

		text_copy(job.command, sizeof(job.command),
			  strsep(&text, "\n"));
		if (count == 0 && spec_is_name(name))
			text_copy(job.name, sizeof(job.name), name);
		jobs[count] = job;
	}
	spec_mark(jobs, count);
	return count;
}

static size_t marked(const struct jig_job *jobs, size_t count, char mark)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += jobs[i].mark == mark;
	return found;
}

static bool is_meant(const struct jig_job *job, size_t count, const char *spec)
{
	const char *text = spec + (*spec == '%');

	if (strspn(text, "0123456789") == strlen(text) && *text)
		return strtoul(text, NULL, 10) == job->number;
	if (!*text || strcmp(text, "%") == 0 || strcmp(text, "+") == 0 ||
	    (strcmp(text, "-") == 0 && count == 1))
		return job->mark == '+' || strcmp(job->name, text) == 0;
	if (strcmp(text, "-") == 0)
		return job->mark == '-';
	if (*text == '?' && strstr(job->command, text + 1))
		return true;
	return strcmp(job->name, text) == 0 ||
	       strncmp(job->command, text, strlen(text)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text;
	const char *spec = strsep(&rest, "\n");
	struct jig_job jobs[MOST];
	size_t count = rest ? read_jobs(rest, jobs) : 0, index = NOBODY;
	int r = jig_job_find(jobs, count, spec, &index);

	MUST(marked(jobs, count, '+') == (count > 0));
	MUST(marked(jobs, count, '-') == (count > 1));
	MUST(r == 0 || r == -ESRCH || (r == -ENOTUNIQ && count > 1));
	MUST(r == 0 ? index < count : index == NOBODY);
	MUST(r != 0 || is_meant(&jobs[index], count, spec));
	free(text);
	return 0;
}
