// SPDX-License-Identifier: MIT
/* What each option of `jig ready` sets. */
#include "cli/look/ready_options.h"

#include <string.h>

#include "base/text.h"
#include "cli/run/option/value.h"

static int ready_take_timeout(void *data, const char *value,
			      struct fault *fault)
{
	struct readiness *readiness =
		&((struct ready_settings *)data)->readiness;

	if (strcmp(value, "none") == 0) {
		readiness->timeout_us = -1;
		return 0;
	}
	if (text_duration(value, &readiness->timeout_us) < 0 ||
	    readiness->timeout_us == 0)
		return option_wrong(fault, "timeout", value,
				    "'none', nor a duration above 0 such as "
				    "500ms, 10s or 2m");
	return 0;
}

static int ready_take_interval(void *data, const char *value,
			       struct fault *fault)
{
	struct readiness *readiness =
		&((struct ready_settings *)data)->readiness;

	if (text_duration(value, &readiness->interval_us) < 0 ||
	    readiness->interval_us == 0)
		return option_wrong(fault, "interval", value,
				    "a duration above 0 such as 100ms or 1s");
	return 0;
}

static int ready_take_delay(void *data, const char *value, struct fault *fault)
{
	struct readiness *readiness =
		&((struct ready_settings *)data)->readiness;

	return text_duration(value, &readiness->delay_us) < 0
		       ? option_wrong(fault, "delay", value,
				      "a duration such as 500ms or 5s")
		       : 0;
}

static int ready_take_attempt(void *data, const char *value,
			      struct fault *fault)
{
	struct readiness *readiness =
		&((struct ready_settings *)data)->readiness;

	if (text_duration(value, &readiness->look_timeout_us) < 0 ||
	    readiness->look_timeout_us == 0)
		return option_wrong(fault, "attempt", value,
				    "a duration above 0 such as 500ms or 5s");
	return 0;
}

static int ready_take_successes(void *data, const char *value,
				struct fault *fault)
{
	struct readiness *readiness =
		&((struct ready_settings *)data)->readiness;

	return option_count("successes", value, &readiness->successes, fault);
}

static int ready_take_pid(void *data, const char *value, struct fault *fault)
{
	uint64_t pid;

	if (text_number(value, INT32_MAX, &pid) < 0 || pid == 0)
		return option_wrong(fault, "pid", value, "a pid");
	((struct ready_settings *)data)->pid = (pid_t)pid;
	return 0;
}

static int ready_take_quiet(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct ready_settings *)data)->quiet = true;
	return 0;
}

const struct option ready_options[] = {
	{ 0, "timeout", "TIME", "none",
	  "time limit (default 60s); then exit with 124", ready_take_timeout },
	{ 0, "interval", "TIME", NULL,
	  "time between two attempts (default: adaptive)",
	  ready_take_interval },
	{ 0, "delay", "TIME", NULL, "time before the first attempt",
	  ready_take_delay },
	{ 0, "attempt", "TIME", NULL,
	  "time limit of one attempt (default: http 1s, exec 10s)",
	  ready_take_attempt },
	{ 0, "successes", "N", NULL,
	  "number of attempts in a row that must succeed (default 1)",
	  ready_take_successes },
	{ 0, "pid", "PID", NULL,
	  "a listener must be this process or a descendant", ready_take_pid },
	{ 'q', "quiet", NULL, NULL, "print no reason", ready_take_quiet },
	{ 0 },
};
