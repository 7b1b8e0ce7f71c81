// SPDX-License-Identifier: MIT
/* The options of `jig run` about the attributes of the main process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

int run_take_chdir(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)fault;
	settings->plan.cwd = value;
	return 0;
}

int run_take_path(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct run_settings *)data)->plan.path = value;
	return 0;
}

int run_take_user(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	struct fault reason;

	(void)fault;
	settings->user_problem[0] = '\0';
	/* With --via it is a user of the other machine. */
	if (account_find(value, &settings->account, &reason) < 0)
		(void)snprintf(settings->user_problem,
			       sizeof(settings->user_problem),
			       "--user '%.64s': %.400s", value, reason.text);
	settings->plan.set_user = true;
	return 0;
}

int run_user_check(const struct run_settings *settings, struct fault *fault)
{
	return *settings->user_problem
		       ? fault_set(fault, -EINVAL, "%s", settings->user_problem)
		       : 0;
}

/* "4,24,27" from libjig, which knows the groups by number. */
int run_take_groups(void *data, const char *value, struct fault *fault)
{
	struct account *account = &((struct run_settings *)data)->account;

	account->group_count = 0;
	while (*value) {
		char *end;
		unsigned long gid = strtoul(value, &end, 10);

		if (end == value || (*end && *end != ',') ||
		    account->group_count == ACCOUNT_GROUPS)
			return option_wrong(fault, "groups", value, "gids");
		account->groups[account->group_count++] = (gid_t)gid;
		value = *end ? end + 1 : end;
	}
	return 0;
}

/* A decimal mask from libjig. */
int run_take_keep_ignored(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (text_number(value, UINT64_MAX, &settings->plan.keep_ignored) < 0)
		return option_wrong(fault, "keep-ignored", value,
				    "a mask of signals");
	return 0;
}

int run_take_umask(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	char *end;
	unsigned long mask = strtoul(value, &end, 8);

	if (end == value || *end || mask > 0777)
		return option_wrong(fault, "umask", value,
				    "an octal mask from 0 to 777, such as 022");
	settings->plan.set_umask = true;
	settings->plan.umask = (mode_t)mask;
	return 0;
}

int run_take_nice(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	char *end;
	long nice = strtol(value, &end, 10);

	if (end == value || *end || nice < -40 || nice > 40)
		return option_wrong(fault, "nice", value,
				    "a number from -40 to 40");
	settings->plan.nice = (int)nice;
	return 0;
}

int run_take_group(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	int i = option_word("group", value, &plan_group_words, fault);

	if (i >= 0)
		settings->plan.group = (enum jig_group)i;
	return i < 0 ? i : 0;
}
