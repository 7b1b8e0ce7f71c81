// SPDX-License-Identifier: MIT
/*
 * The supervisor was killed. Its orphans have fallen to us, since we are a
 * subreaper too: SIGKILL at once, and until nobody is left. There is no grace:
 * who held the cage is gone, and with it the record of who is who.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/guard.h"
#include "proc/procfs.h"

#define ROUND_MS 2

/* Children that are the cage's and not yet reaped. */
static size_t count_ours(struct guard *guard, struct jig_report *report)
{
	CLEANUP(list_free) struct list children = { 0 };
	size_t ours = 0;

	if (procfs_children(guard->cage.procfd, &children) < 0)
		return 1; /* Unknown is not empty. */
	report->survivor_count = 0;
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (list_has(&guard->strangers, &pid, sizeof(pid)))
			continue;
		if (report->survivor_count < REPORT_SURVIVORS)
			report->survivors[report->survivor_count++] =
				(struct jig_leftover){
					.pid = pid,
					.uid = (uid_t)-1,
					.state = '?',
					.fate = JIG_FATE_SURVIVED,
				};
		ours++;
	}
	return ours;
}

static void reap_all(struct guard *guard, struct jig_report *report)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		report->seen++;
		if (pid == report->main_pid && !guard->cage.ops->own_pids)
			report->main_status = status;
	}
}

/* What the supervisor had no time to write: of those whom we have reaped. */
static void note_usage(struct jig_report *report)
{
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_CHILDREN, &usage); /* Valid arguments. */
	if (report->began_us > 0)
		report->wall_us = clock_wall_us() - report->began_us;
	report->user_us = clock_timeval_us(&usage.ru_utime);
	report->system_us = clock_timeval_us(&usage.ru_stime);
	report->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

void guard_end_alone(struct guard *guard)
{
	struct jig_report *report = guard->outcome->report;
	const struct cage_ops *ops = guard->cage.ops;
	int64_t deadline = clock_in_us(PLAN_KILL_US);
	struct pollfd signals = { .fd = guard->signals, .events = POLLIN };
	size_t ours = 1;

	guard->cage.reaper = getpid();
	guard->cage.main = ops->own_pids ? 0 : report->main_pid;
	if (guard->strangers.count > 0)
		guard->cage.strangers = &guard->strangers;
	for (unsigned round = 0; clock_us() < deadline; round++) {
		(void)ops->kill(&guard->cage, round); /* Repeated. */
		reap_all(guard, report);
		ours = count_ours(guard, report);
		if (ours == 0 && ops->is_empty(&guard->cage) == 1)
			break;
		(void)poll(&signals, 1, ROUND_MS);
	}
	note_usage(report);
	report->reason = JIG_REASON_FAILURE;
	report->survivor_total = (uint32_t)ours;
	report->proved = ours == 0 && ops->strength != CAGE_MAY_ESCAPE;
	report->cage = ops->kind;
	report->strength = ops->strength;
	text_copy(report->why, sizeof(report->why), guard->cage.why);
}
