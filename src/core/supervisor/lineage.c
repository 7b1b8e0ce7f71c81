// SPDX-License-Identifier: MIT
/*
 * Ancestry as /proc shows it when the processes are found: parents that live. A
 * parent in the fixture that outlives main is a leftover itself, so nothing
 * more is read here.
 */
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/supervisor/supervisor.h"

/* The start of the boottime clock, since 1970. @return -1: not known. */
static int64_t boot_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return -1;
	return clock_wall_us() -
	       ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int64_t lineage_began_us(int64_t boot, uint64_t start_ticks)
{
	int64_t ticks_a_second = sysconf(_SC_CLK_TCK);

	if (boot < 0 || start_ticks == 0 || ticks_a_second <= 0)
		return -1;
	return clock_add_us(boot,
			    (int64_t)start_ticks * (1000000 / ticks_a_second));
}

/* A parent is not younger. @return its index, or @count. */
static size_t lineage_parent_of(const struct leftover *items,
				const uint64_t *starts, size_t count,
				size_t child)
{
	for (size_t i = 0; i < count; i++)
		if (i != child && items[i].pid == items[child].ppid &&
		    starts[i] <= starts[child])
			return i;
	return count;
}

static void add_parent(struct jig_report *report, const struct leftover *parent,
		       int64_t began_us, struct leftover *child)
{
	struct ancestor ancestor = {
		.pid = parent->pid,
		.parent = child->ancestor,
		.began_us = began_us,
	};

	text_copy(ancestor.command, sizeof(ancestor.command), parent->command);
	child->ancestor = report_add_ancestor(report, &ancestor);
}

void supervisor_note_lineage(struct supervisor *supervisor,
			     struct leftover *items, const uint64_t *starts,
			     size_t count)
{
	size_t found[REPORT_DEPTH];
	int64_t boot = boot_us();

	if (supervisor->plan->ancestry == PLAN_ANCESTRY_NONE)
		return;
	supervisor->report->ancestry = ANCESTRY_PROC;
	for (size_t i = 0; i < count; i++) {
		size_t depth = 0,
		       at = lineage_parent_of(items, starts, count, i);

		for (; at < count && depth < REPORT_DEPTH;
		     at = lineage_parent_of(items, starts, count, at))
			found[depth++] = at;
		while (depth-- > 0)
			add_parent(supervisor->report, &items[found[depth]],
				   lineage_began_us(boot, starts[found[depth]]),
				   &items[i]);
	}
}
