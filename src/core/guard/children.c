// SPDX-License-Identifier: MIT
/*
 * Which children of the guard are the cage's, and how many of these live.
 */
#include <sys/wait.h>

#include "core/guard/guard.h"
#include "proc/aside.h"
#include "proc/procfs.h"

void guard_note_strangers(struct guard *guard)
{
	const pid_t except[] = { guard->supervisor, guard->clearing };
	siginfo_t info = { 0 };
	size_t before = guard->kin.strangers.count;
	int r;

	if (!guard->has_strangers || guard->supervisor <= 0 || guard->reaped)
		return;
	r = kin_note_strangers(&guard->kin, except,
			       sizeof(except) / sizeof(except[0]));
	/* If it has died meanwhile, its orphans may be among them. */
	if (waitid(P_PID, (id_t)guard->supervisor, &info,
		   WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
	    info.si_pid != 0)
		guard->kin.strangers.count = before;
	else if (r == 0)
		guard->kin.unsettled = false;
}

/* A dead child whose tracer has not reaped it has no children any more. */
static bool is_dead(const struct guard *guard, pid_t pid)
{
	struct proc_stat stat;

	return guard->cage.procfd >= 0 &&
	       stat_read(guard->cage.procfd, pid, &stat) == 0 &&
	       stat_is_dead(&stat);
}

/*
 * Our children without the dead ones. A process that dies while the list is
 * read leaves orphans that are not in the list. So only processes that were
 * dead before the list count as dead.
 */
static int list_living(const struct guard *guard, struct list *ret)
{
	CLEANUP(list_free) struct list before = { 0 }, all = { 0 };
	pid_t *pids;
	size_t dead = 0;
	int r = procfs_children(guard->cage.procfd, &before);

	if (r < 0)
		return r;
	pids = before.items;
	for (size_t i = 0; i < before.count; i++)
		if (is_dead(guard, pids[i]))
			pids[dead++] = pids[i];
	before.count = dead;
	r = procfs_children(guard->cage.procfd, &all);
	pids = all.items;
	for (size_t i = 0; r == 0 && i < all.count; i++)
		if (!list_has(&before, &pids[i], sizeof(pids[i])))
			r = list_append(ret, &pids[i], sizeof(pids[i]));
	return r;
}

/* Living children that are the cage's, and the supervisor. */
size_t guard_count_ours(struct guard *guard, struct guard_doubt *ret_doubt)
{
	CLEANUP(list_free) struct list children = { 0 };
	struct guard_doubt doubt = { 0 };
	size_t ours = 0;

	*ret_doubt = doubt;
	if (list_living(guard, &children) < 0)
		return 1; /* Unknown is not empty. */
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));
		enum kin_verdict verdict;

		if (pid == guard->clearing || aside_is(pid) ||
		    guard_ready_owns(guard, pid))
			continue;
		verdict = guard_judge(guard, pid);
		ours += verdict == KIN_OURS;
		doubt.unknown += verdict == KIN_UNKNOWN;
		if (verdict == KIN_PROBABLY_STRANGER) {
			doubt.probably_strangers++;
			doubt.stranger = pid;
		}
	}
	*ret_doubt = doubt;
	return ours;
}
