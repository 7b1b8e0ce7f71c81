// SPDX-License-Identifier: MIT
#include "cli/look/selection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/job/begin/job.h"
#include "job/spec.h"
#include "tty/style.h"
#include "view/user_names.h"

int selection_take_words(struct list *list, const char *value,
			 selection_take *take, struct fault *fault)
{
	static const char separators[] = ", \t\n";
	size_t before = list->count;
	char word[256];
	int r = 0;

	for (value += strspn(value, separators); r == 0 && *value;
	     value += strspn(value, separators)) {
		size_t length = strcspn(value, separators);

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, value);
		r = take(list, word, fault);
		value += length;
	}
	if (r == 0 && list->count == before)
		r = fault_set(fault, -EINVAL, "the list is empty");
	return r;
}

int selection_add(struct list *list, const void *item, size_t size,
		  struct fault *fault)
{
	return list_append(list, item, size) < 0
		       ? fault_set(fault, -ENOMEM, "out of memory")
		       : 0;
}

int selection_take_number(struct list *list, const char *word,
			  struct fault *fault)
{
	uint64_t number;
	pid_t pid;

	if (text_number(word, INT32_MAX, &number) < 0)
		return fault_set(
			fault, -EINVAL,
			"'%s' is not a number of a process, group or session",
			word);
	pid = (pid_t)number;
	return selection_add(list, &pid, sizeof(pid), fault);
}

int selection_take_user(struct list *list, const char *word,
			struct fault *fault)
{
	CLEANUP(user_names_free) struct user_names names = { 0 };
	uid_t uid;

	if (user_names_read(&names) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (user_names_find(&names, word, &uid) < 0)
		return fault_set(fault, -EINVAL, "there is no user '%s'", word);
	return selection_add(list, &uid, sizeof(uid), fault);
}

int selection_find_job(const char *spec, pid_t *ret, struct fault *fault)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	const struct jig_job *job;
	size_t index;
	int r = job_list(&jobs);

	if (r < 0)
		return fault_set(fault, r, "%s: cannot list jobs", spec);
	r = jig_job_find(jobs.items, jobs.count, spec, &index);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", spec, spec_error(r));
	job = list_at(&jobs, index, sizeof(*job));
	if (spec_has_ended(job))
		return fault_set(fault, -ESRCH, "%s: job has terminated", spec);
	*ret = job->keeper;
	return 0;
}

size_t selection_width(bool wide)
{
	return wide ? 0 : style_width(STDOUT_FILENO);
}
