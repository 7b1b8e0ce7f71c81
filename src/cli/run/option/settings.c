// SPDX-License-Identifier: MIT
#include "cli/run/option/settings.h"

#include <errno.h>
#include <stdio.h>

void run_settings_init(struct run_settings *settings)
{
	*settings = (struct run_settings){
		.grace_us = -1,
		.capture = CAPTURE_NONE,
		.with = WITH_NONE,
		.manager = MANAGER_NONE,
		.events = QUEUE_NONE,
		.via = { .order = -1 },
		.plan = { .lifeline = -1,
			  .report_fd = -1,
			  .watched = -1,
			  .input = INPUT_NONE },
	};
}

int run_settings_own(struct run_settings *settings, char *text)
{
	return list_take_text(&settings->texts, text);
}

int run_settings_add_env(struct run_settings *settings, const char *name,
			 const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	int r = run_settings_own(settings, text);

	return r < 0 ? r : list_append(&settings->env, &text, sizeof(text));
}

int run_settings_pass_fd(struct run_settings *settings, int from, int to,
			 struct fault *fault)
{
	struct plan *plan = &settings->plan;

	if (plan->fd_count == PLAN_FDS)
		return fault_set(fault, -E2BIG, "more than %d descriptors",
				 PLAN_FDS);
	for (size_t i = 0; i < plan->fd_count; i++)
		if (plan->fds[i].to == to)
			return fault_set(
				fault, -EINVAL,
				"descriptor %d of the command is requested "
				"twice: choose another N for 'fd:N'",
				to);
	plan->fds[plan->fd_count++] = (struct spawn_fd){ from, to };
	return 0;
}
