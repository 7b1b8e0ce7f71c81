// SPDX-License-Identifier: MIT
/* The options of `jig run` about the end of the fixture: what begins it, its
 * steps, and what counts as a failure. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

int run_take_stop(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	struct plan *plan = &settings->plan;

	if (plan_parse_steps(value, plan->steps, &plan->step_count) < 0)
		return option_wrong(fault, "stop", value,
				    "a policy such as 'INT 2s TERM 10s KILL'");
	settings->policy_given = true;
	return 0;
}

int run_take_stop_signal(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	settings->stop_signal = text_signal(value);
	return settings->stop_signal < 0
		       ? option_wrong(fault, "stop-signal", value,
				      "a signal, such as TERM, or 1 to 64")
		       : 0;
}

int run_take_grace(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return text_duration(value, &settings->grace_us) < 0
		       ? option_wrong(fault, "grace", value,
				      "a duration such as 500ms, 10s or 2m")
		       : 0;
}

int run_take_stop_mode(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	int i = option_word("stop-mode", value, &plan_stop_mode_words, fault);

	if (i >= 0)
		settings->plan.stop_mode = (enum jig_stop_mode)i;
	return i < 0 ? i : 0;
}

int run_take_timeout(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return text_duration(value, &settings->plan.timeout_us) < 0
		       ? option_wrong(fault, "timeout", value,
				      "a duration such as 500ms, 10s or 2m")
		       : 0;
}

int run_take_ancestry(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	int i = option_word("ancestry", value, &plan_ancestry_words, fault);

	if (i >= 0)
		settings->plan.ancestry = (enum plan_ancestry)i;
	return i < 0 ? i : 0;
}

int run_take_daemon(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->plan.daemon = true;
	return 0;
}

int run_take_leftovers(void *data, const char *value, struct fault *fault)
{
	static const char *const names[] = {
		[LEFTOVERS_REPORT] = "report",
		[LEFTOVERS_FAIL] = "fail",
		[LEFTOVERS_IGNORE] = "ignore",
	};
	static const struct words words = WORDS_OF(names);
	struct run_settings *settings = data;
	int i = option_word("leftovers", value, &words, fault);

	if (i >= 0)
		settings->leftovers = (enum leftover_policy)i;
	return i < 0 ? i : 0;
}

int run_take_owner(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t pid;

	if (strcmp(value, "none") == 0) {
		settings->plan.owner = JIG_OWNER_NONE;
		return 0;
	}
	if (strcmp(value, "parent") == 0) {
		settings->plan.owner = 0;
		return 0;
	}
	if (strcmp(value, "stdin") == 0) {
		settings->plan.owner = INPUT_OWNER;
		return 0;
	}
	if (text_number(value, INT_MAX, &pid) < 0 || pid == 0)
		return option_wrong(fault, "owner", value,
				    "a pid, 'parent', 'stdin' or 'none'");
	settings->plan.owner = (pid_t)pid;
	return 0;
}
