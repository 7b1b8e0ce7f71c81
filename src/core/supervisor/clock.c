// SPDX-License-Identifier: MIT
/*
 * The run clock and the pulse, which the supervisor alone writes.
 */
#include "core/supervisor/supervisor.h"

/* By --timeout; -1: no time is running. */
int64_t supervisor_timeout_us(const struct supervisor *supervisor)
{
	if (supervisor->stopping || supervisor->timeout_us == 0)
		return -1;
	return run_clock_due_us(&supervisor->board->run_clock,
				supervisor->timeout_us);
}

bool supervisor_suspended(struct supervisor *supervisor, bool suspended)
{
	struct run_clock *clock = &supervisor->board->run_clock;
	bool changed =
		suspended ? run_clock_stop(clock) : run_clock_go_on(clock);

	/* The deadlines of a stop run on. */
	if (changed && !supervisor->stopping)
		supervisor_tell_pulse(supervisor);
	return changed;
}
