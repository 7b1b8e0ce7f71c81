// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/supervisor.h"
#include "proc/procfs.h"

static uint32_t how_it_got_away(const struct supervisor *supervisor,
				const struct proc_stat *stat,
				const struct proc_detail *detail)
{
	bool session = spawn_group_leads(supervisor->group);
	pid_t main = supervisor->main.pid;
	pid_t home = session ? main : getsid(0);
	uid_t user = supervisor->plan->set_user ? supervisor->plan->user.uid
						: geteuid();
	uint32_t how = 0;

	if (stat->sid != home)
		how |= JIG_HOW_SESSION;
	else if (stat->pgid != main)
		how |= JIG_HOW_GROUP;
	if (stat->sid != home && stat->sid != stat->pid &&
	    stat->ppid == getpid())
		how |= JIG_HOW_DAEMON;
	if (detail->ignored & (1ULL << (SIGTERM - 1)))
		how |= JIG_HOW_IGNORES_TERM;
	if (stat_is_stopped(stat))
		how |= JIG_HOW_STOPPED;
	if (detail->uid != (uid_t)-1 && detail->uid != user)
		how |= JIG_HOW_USER;
	return how;
}

static void describe(const struct supervisor *supervisor,
		     const struct proc_stat *stat, struct jig_leftover *ret)
{
	struct proc_detail detail;

	/* What cannot be read stays unknown; the process is named anyway. */
	(void)procfs_detail(supervisor->cage->procfd, stat, &detail);
	*ret = (struct jig_leftover){
		.pid = stat->pid,
		.ppid = stat->ppid,
		.pgid = stat->pgid,
		.sid = stat->sid,
		.uid = detail.uid,
		.state = stat->state,
		.how = how_it_got_away(supervisor, stat, &detail),
	};
	text_copy(ret->comm, sizeof(ret->comm), stat->comm);
	text_copy(ret->command, sizeof(ret->command), detail.command);
}

/* Without /proc: the numbers of our children are all that is known. */
static int list_children(struct list *ret)
{
	CLEANUP(list_free) struct list pids = { 0 };
	struct list found = { 0 };
	int r = procfs_children(-1, &pids);

	for (size_t i = 0; r == 0 && i < pids.count; i++) {
		struct proc_stat stat = {
			.pid = *(pid_t *)list_at(&pids, i, sizeof(pid_t)),
			.ppid = getpid(),
			.state = '?',
			.comm = "?",
		};

		stat.pgid = getpgid(stat.pid);
		stat.sid = getsid(stat.pid);
		r = list_append(&found, &stat, sizeof(stat));
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

static void collect(struct supervisor *supervisor, struct jig_leftover *items,
		    size_t room, uint32_t *count, uint32_t *total)
{
	CLEANUP(list_free) struct list members = { 0 };
	int r = supervisor->cage->procfd < 0
			? -ENOENT
			: supervisor->cage->ops->members(supervisor->cage,
							 &members);

	/* What could not be listed is not nobody. */
	if (r < 0 && members.count == 0)
		r = list_children(&members);
	if (r < 0 && members.count == 0)
		(*total)++;
	for (size_t i = 0; i < members.count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		if (stat_is_dead(stat))
			continue;
		if (*count < room)
			describe(supervisor, stat, &items[(*count)++]);
		(*total)++;
	}
}

void supervisor_take_leftovers(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;

	/* A daemon is what was asked for, and no leftover. */
	if (supervisor->leftovers_taken || supervisor->daemon)
		return;
	supervisor->leftovers_taken = true;
	collect(supervisor, report->leftovers, REPORT_LEFTOVERS,
		&report->leftover_count, &report->leftover_total);
}

void supervisor_note_end(struct supervisor *supervisor, pid_t pid, int status)
{
	struct jig_report *report = supervisor->report;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
	    supervisor->leftovers_taken)
		report->killed++;
	for (uint32_t i = 0; i < report->leftover_count; i++) {
		struct jig_leftover *leftover = &report->leftovers[i];

		if (leftover->pid != pid || leftover->fate != JIG_FATE_UNKNOWN)
			continue;
		leftover->fate = WIFSIGNALED(status) ? JIG_FATE_SIGNALED
						     : JIG_FATE_EXITED;
		leftover->value = WIFSIGNALED(status) ? WTERMSIG(status)
						      : WEXITSTATUS(status);
		leftover->after_us = clock_us() - supervisor->main_ended_us;
		return;
	}
}

void supervisor_take_survivors(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;

	collect(supervisor, report->survivors, REPORT_SURVIVORS,
		&report->survivor_count, &report->survivor_total);
	for (uint32_t i = 0; i < report->survivor_count; i++) {
		report->survivors[i].fate = JIG_FATE_SURVIVED;
		for (uint32_t j = 0; j < report->leftover_count; j++)
			if (report->leftovers[j].pid ==
			    report->survivors[i].pid)
				report->leftovers[j].fate = JIG_FATE_SURVIVED;
	}
}
