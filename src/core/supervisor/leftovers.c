// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/supervisor/supervisor.h"
#include "proc/procfs.h"
#include "proc/status.h"

static uint32_t how_it_got_away(const struct supervisor *supervisor,
				const struct proc_stat *stat,
				const struct proc_status *status)
{
	bool session = spawn_group_leads(supervisor->group);
	bool inherits = supervisor->group == SPAWN_GROUP_CALLER;
	pid_t main = supervisor->main.pid;
	pid_t ours = supervisor->leads ? getsid(0) : supervisor->first_session;
	pid_t home = session ? main : ours;
	uid_t user = supervisor->plan->set_user ? supervisor->plan->user.uid
						: geteuid();
	uint32_t how = 0;

	if (stat->sid != home)
		how |= JIG_HOW_SESSION;
	else if (stat->pgid != (inherits ? supervisor->first_group : main))
		how |= JIG_HOW_GROUP;
	if (stat->sid != home && stat->sid != stat->pid &&
	    stat->ppid == getpid())
		how |= JIG_HOW_DAEMON;
	if (status->ignored & (1ULL << (SIGTERM - 1)))
		how |= JIG_HOW_IGNORES_TERM;
	if (stat_is_stopped(stat))
		how |= JIG_HOW_STOPPED;
	if (status->uid != (uid_t)-1 && status->uid != user)
		how |= JIG_HOW_USER;
	return how;
}

/* A child that has not executed yet has our name and arguments. */
static void describe_unborn(const struct supervisor *supervisor,
			    struct leftover *ret)
{
	const char *file = supervisor->plan->argv[0];
	const char *slash = strrchr(file, '/');

	text_copy(ret->comm, sizeof(ret->comm), slash ? slash + 1 : file);
	text_copy(ret->command, sizeof(ret->command), file);
}

void leftover_name(const struct proc_stat *stat,
		   const struct proc_status *status, struct leftover *ret)
{
	char comm[sizeof(stat->comm)];

	*ret = (struct leftover){
		.pid = stat->pid,
		.ppid = stat->ppid,
		.pgid = stat->pgid,
		.sid = stat->sid,
		.uid = status->uid,
		.state = stat->state,
		.after_us = -1,
		.seen_us = clock_us(),
	};
	text_copy(ret->comm, sizeof(ret->comm), stat->comm);
	text_printable(stat->comm, comm, sizeof(comm));
	(void)snprintf(ret->command, sizeof(ret->command), "[%s]", comm);
}

/* Nothing here blocks on the process. Its command line: describing.c. */
static void leftovers_describe(const struct supervisor *supervisor,
			       const struct proc_stat *stat,
			       struct leftover *ret)
{
	struct proc_status status = { .uid = (uid_t)-1 };

	/* Values that cannot be read stay unknown; the process is named anyway.
	 */
	(void)status_read(supervisor->cage->procfd, stat->pid, &status);
	leftover_name(stat, &status, ret);
	ret->how = how_it_got_away(supervisor, stat, &status);
	if (stat->pid == supervisor->spawning.pid)
		describe_unborn(supervisor, ret);
}

/* Without /proc: only the pids of our children are known. */
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

static int leftovers_list_members(struct supervisor *supervisor,
				  struct list *ret)
{
	return supervisor->cage->procfd < 0
		       ? list_children(ret)
		       : supervisor->cage->ops->members(supervisor->cage, ret);
}

/* Without the dead, and without our reader. */
static size_t keep_alive(const struct supervisor *supervisor,
			 struct list *members)
{
	size_t kept = 0;

	for (size_t i = 0; i < members->count; i++) {
		const struct proc_stat *stat =
			list_at(members, i, sizeof(*stat));

		if (!stat_is_dead(stat) && stat->pid != supervisor->reader)
			memmove(list_at(members, kept++, sizeof(*stat)), stat,
				sizeof(*stat));
	}
	return kept;
}

/* @return  0, or -errno without a list. */
static int leftovers_collect(struct supervisor *supervisor,
			     struct leftover *items, uint32_t room,
			     uint32_t *ret_count, uint32_t *ret_total,
			     uint64_t *ret_starts)
{
	CLEANUP(list_free) struct list members = { 0 };
	uint32_t total;
	int r = leftovers_list_members(supervisor, &members);

	/* A listing that failed is not an empty list: take our children. */
	if (r < 0 && members.count == 0)
		(void)list_children(&members);
	if (r < 0 && members.count == 0) {
		*ret_total = 1;
		return r;
	}
	total = (uint32_t)keep_alive(supervisor, &members);
	*ret_total = total;
	*ret_count = total < room ? total : room;
	for (uint32_t i = 0; i < *ret_count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		leftovers_describe(supervisor, stat, &items[i]);
		ret_starts[i] = stat->start_ticks;
	}
	/* A child before its execve(2) has our memory, and so our arguments. */
	if (supervisor->spawning.pid == 0)
		supervisor_describe(supervisor, members.items, items,
				    *ret_count);
	supervisor_note_lineage(supervisor, items, ret_starts, *ret_count);
	return 0;
}

void supervisor_take_leftovers(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;

	/* With --daemon they are not leftovers. */
	if (supervisor->leftovers_taken || supervisor->daemon)
		return;
	supervisor->leftovers_taken = true;
	(void)leftovers_collect(supervisor, report->leftovers, REPORT_LEFTOVERS,
				&report->leftover_count,
				&report->leftover_total,
				supervisor->leftover_starts);
}

/* The same pid and, if both are known, the same start time. */
static bool leftovers_is_same(const struct supervisor *supervisor,
			      uint32_t leftover, pid_t pid, uint64_t start)
{
	uint64_t seen = supervisor->leftover_starts[leftover];

	return supervisor->report->leftovers[leftover].pid == pid &&
	       (seen == 0 || start == 0 || seen == start);
}

bool supervisor_is_leftover(const struct supervisor *supervisor, pid_t pid)
{
	const struct jig_report *report = supervisor->report;

	for (uint32_t i = 0; i < report->leftover_count; i++)
		if (report->leftovers[i].pid == pid &&
		    report->leftovers[i].fate == JIG_FATE_UNKNOWN)
			return true;
	return false;
}

void supervisor_note_end(struct supervisor *supervisor, pid_t pid, int status)
{
	struct jig_report *report = supervisor->report;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
	    supervisor->leftovers_taken)
		report->killed++;
	for (uint32_t i = 0; i < report->leftover_count; i++) {
		struct leftover *leftover = &report->leftovers[i];

		if (!leftovers_is_same(supervisor, i, pid,
				       supervisor->reaped_start) ||
		    leftover->fate != JIG_FATE_UNKNOWN)
			continue;
		leftover->fate = WIFSIGNALED(status) ? JIG_FATE_SIGNALED
						     : JIG_FATE_EXITED;
		leftover->value = WIFSIGNALED(status) ? WTERMSIG(status)
						      : WEXITSTATUS(status);
		leftover->after_us = clock_us() - supervisor->main_ended_us;
		return;
	}
}

/*
 * Whether all are dead, but not reaped by their tracer or by a parent outside
 * of the cage. A dead process has no children: we have adopted them before it
 * was seen to be dead, so a second look finds them.
 */
static bool are_all_dead(struct supervisor *supervisor)
{
	for (int look = 0; look < 2; look++) {
		CLEANUP(list_free) struct list members = { 0 };

		if (leftovers_list_members(supervisor, &members) < 0 ||
		    keep_alive(supervisor, &members) > 0)
			return false;
	}
	return supervisor->cage->ops->is_empty(supervisor->cage) == 1;
}

void supervisor_take_survivors(struct supervisor *supervisor)
{
	struct jig_report *report = supervisor->report;
	uint64_t starts[REPORT_SURVIVORS] = { 0 };

	(void)leftovers_collect(supervisor, report->survivors, REPORT_SURVIVORS,
				&report->survivor_count,
				&report->survivor_total, starts);
	/* The last ones may have died meanwhile. */
	supervisor_reap(supervisor);
	if (supervisor_is_empty(supervisor) || are_all_dead(supervisor)) {
		report->survivor_count = report->survivor_total = 0;
		supervisor->gave_up = false;
	}
	for (uint32_t i = 0; i < report->survivor_count; i++) {
		report->survivors[i].fate = JIG_FATE_SURVIVED;
		for (uint32_t j = 0; j < report->leftover_count; j++)
			if (leftovers_is_same(supervisor, j,
					      report->survivors[i].pid,
					      starts[i]))
				report->leftovers[j].fate = JIG_FATE_SURVIVED;
	}
}
