// SPDX-License-Identifier: MIT
#include "cli/run/manager.h"

#include <stdlib.h>

#include "tty/say.h"

static bool has_probes(const struct run_settings *settings)
{
	const struct list *fixtures = &settings->with.fixtures;
	bool found = settings->ready.count > 0 || settings->via.has_probes;

	for (size_t i = 0; !found && i < fixtures->count; i++)
		found = ((const struct with_fixture *)list_at(
				 fixtures, i, sizeof(struct with_fixture)))
				->has_probe;
	return found;
}

void run_manager_open(struct run_settings *settings)
{
	struct fault fault;

	if (settings->plan.lifeline >= 0 || !has_probes(settings))
		return;
	if (manager_open(&settings->manager, &fault) < 0)
		complain("cannot tell the service manager that the command is "
			 "ready: %s",
			 fault.text);
	if (settings->manager.fd < 0)
		return;
	settings->plan.manager = &settings->manager;
	/* It is our pid: the command would not take WATCHDOG_USEC for its own.
	 */
	(void)unsetenv("WATCHDOG_PID"); /* A valid name. */
}

void run_manager_tell_fixtures(const struct run_settings *settings)
{
	if (settings->plan.manager && settings->ready.count == 0)
		manager_tell_ready(settings->plan.manager);
}
