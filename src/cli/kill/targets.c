// SPDX-License-Identifier: MIT
#include "cli/kill/targets.h"

struct target *targets_find(const struct targets *targets,
			    const struct proc_stat *stat)
{
	for (size_t i = 0; i < targets->items.count; i++) {
		struct target *target = targets_at(targets, i);

		if (target->stat.pid == stat->pid &&
		    target->stat.start_ticks == stat->start_ticks)
			return target;
	}
	return NULL;
}

bool targets_are_barred(const struct targets *targets)
{
	for (size_t i = 0; i < targets->items.count; i++)
		if (targets_at(targets, i)->bar != TARGET_FREE &&
		    targets_at(targets, i)->fate != TARGET_GONE)
			return true;
	return false;
}

size_t targets_count(const struct targets *targets, enum target_fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < targets->items.count; i++)
		count += targets_at(targets, i)->fate == fate;
	return count;
}

void targets_free(struct targets *targets)
{
	list_free(&targets->items);
}

const struct target *targets_leader(const struct targets *targets, pid_t sid)
{
	for (size_t i = 0; targets->scope.session && i < targets->items.count;
	     i++) {
		const struct target *target = targets_at(targets, i);

		if (target->stat.pid == sid && target->stat.sid == sid)
			return target;
	}
	return NULL;
}
