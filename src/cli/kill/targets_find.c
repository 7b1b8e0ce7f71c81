// SPDX-License-Identifier: MIT
/* Which processes are targets: scans of /proc. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/kill/targets.h"
#include "proc/procfs.h"

static int compare_pid(const void *key, const void *item)
{
	pid_t pid = *(const pid_t *)key;
	const struct proc_stat *stat = item;

	return (pid > stat->pid) - (pid < stat->pid);
}

/* @all is sorted by pid. */
static const struct proc_stat *kill_targets_find_find_pid(
	const struct list *all, pid_t pid)
{
	return all->count == 0 ? NULL
			       : bsearch(&pid, all->items, all->count,
					 sizeof(struct proc_stat), compare_pid);
}

static bool kill_targets_find_is_same(const struct proc_stat *a,
				      const struct proc_stat *b)
{
	return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

/* One scan of /proc, and which of its processes are in the scope. */
struct target_scan {
	const struct targets *targets;
	struct list all; /* of struct proc_stat */
	bool *inside;
};

static bool is_pid_inside(const struct target_scan *scan, pid_t pid)
{
	const struct proc_stat *stat =
		kill_targets_find_find_pid(&scan->all, pid);

	return stat &&
	       scan->inside[stat - (const struct proc_stat *)scan->all.items];
}

/*
 * The kernel does not reuse a group's number while the group has a member. So
 * it is another group only if a new process has this number.
 */
static bool is_same_group(const struct target_scan *scan)
{
	const struct targets *targets = scan->targets;
	const struct proc_stat *leader =
		kill_targets_find_find_pid(&scan->all, targets->scope.group);

	return !leader || leader->start_ticks == targets->leader_ticks;
}

/* The session began in the tree: its leader is in it, or was in it before. */
static bool is_session_inside(const struct target_scan *scan, pid_t sid)
{
	const struct proc_stat *leader =
		kill_targets_find_find_pid(&scan->all, sid);

	if (leader)
		return leader->sid == sid && is_pid_inside(scan, sid);
	for (size_t i = 0; i < scan->targets->items.count; i++) {
		const struct proc_stat *stat =
			&targets_at(scan->targets, i)->stat;

		if (stat->pid == sid && stat->sid == sid)
			return true;
	}
	return false;
}

static bool kill_targets_find_is_meant(const struct target_scan *scan,
				       const struct proc_stat *stat)
{
	const struct target_scope *scope = &scan->targets->scope;

	if (scope->group)
		return stat->pgid == scope->group &&
		       stat->sid == scan->targets->sid && is_same_group(scan);
	if (!scope->tree)
		return false; /* targets_open() has added it. */
	return is_pid_inside(scan, stat->ppid) ||
	       (scope->session && stat->sid > 0 &&
		is_session_inside(scan, stat->sid));
}

/* A target stays one, even if it is orphaned or in another group now. */
static void mark_met(struct target_scan *scan)
{
	const struct proc_stat *first = scan->all.items;

	for (size_t i = 0; i < scan->targets->items.count; i++) {
		const struct target *target = targets_at(scan->targets, i);
		const struct proc_stat *now =
			kill_targets_find_find_pid(&scan->all,
						   target->stat.pid);

		if (now && kill_targets_find_is_same(now, &target->stat) &&
		    target->fate != TARGET_LEFT)
			scan->inside[now - first] = true;
	}
}

/* Repeat until nothing changes; children mostly come after their parents. */
static void mark_all(struct target_scan *scan)
{
	const struct proc_stat *stats = scan->all.items;
	bool is_changed = true;

	while (is_changed) {
		is_changed = false;
		for (size_t i = 0; i < scan->all.count; i++) {
			if (scan->inside[i] ||
			    !kill_targets_find_is_meant(scan, &stats[i]))
				continue;
			scan->inside[i] = is_changed = true;
		}
	}
}

static void scan_free(struct target_scan *scan)
{
	list_free(&scan->all);
	free(scan->inside);
}

static int scan_open(const struct targets *targets, struct target_scan *scan)
{
	int r = procfs_scan(targets->procfd, &scan->all);

	if (r < 0)
		return r;
	scan->targets = targets;
	scan->inside = calloc(scan->all.count + 1, sizeof(bool));
	if (!scan->inside)
		return -ENOMEM;
	mark_met(scan);
	mark_all(scan);
	return 0;
}

static bool is_ancestor(const struct list *all, pid_t pid)
{
	const struct proc_stat *stat =
		kill_targets_find_find_pid(all, getpid());

	/* The scan is not atomic, so parents may form a circle. */
	for (size_t i = 0; stat && i < all->count; i++) {
		if (stat->ppid == pid)
			return true;
		stat = kill_targets_find_find_pid(all, stat->ppid);
	}
	return false;
}

static enum target_bar bar_of(const struct list *all,
			      const struct proc_stat *stat)
{
	if (stat->pid == getpid())
		return TARGET_SELF;
	if (stat->pid == 1)
		return TARGET_INIT;
	/* Kernel threads: session 0, no memory, parent kthreadd (pid 2) or
	 * none. */
	if (stat->sid == 0 && stat->virtual_bytes == 0 && stat->ppid <= 2 &&
	    !stat_is_dead(stat))
		return TARGET_KERNEL;
	return is_ancestor(all, stat->pid) ? TARGET_ANCESTOR : TARGET_FREE;
}

static enum target_fate first_fate(const struct targets *targets,
				   const struct target *target)
{
	if (stat_is_dead(&target->stat))
		return TARGET_GONE;
	if (target->bar == TARGET_SELF ||
	    (target->bar == TARGET_INIT && !targets->scope.pid))
		return TARGET_SPARED;
	return TARGET_MET;
}

/* By age, so that parents come before children. */
static int compare_age(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->stat.start_ticks != y->stat.start_ticks)
		return x->stat.start_ticks < y->stat.start_ticks ? -1 : 1;
	return (x->stat.pid > y->stat.pid) - (x->stat.pid < y->stat.pid);
}

/* Its parent is confirmed, and it existed before its parent was read. */
static bool is_sure(const struct targets *targets, const struct list *all,
		    const struct proc_stat *stat)
{
	const struct proc_stat *parent =
		kill_targets_find_find_pid(all, stat->ppid);
	const struct target *known =
		parent ? targets_find(targets, parent) : NULL;

	return known && known->sure && stat_is_child(stat, parent);
}

/* The same for the leader of its session. The kernel does not reuse a session's
 * number while it has a member, so this is the session of that leader. */
static bool is_of_session(const struct targets *targets, const struct list *all,
			  const struct proc_stat *stat)
{
	const struct target *leader = targets_leader(targets, stat->sid);
	const struct proc_stat *now;

	if (!leader || !leader->sure)
		return false;
	now = kill_targets_find_find_pid(all, stat->sid);
	if (!now || !kill_targets_find_is_same(now, &leader->stat))
		now = &leader->stat;
	return stat->start_ticks < now->seen_ticks;
}

/* @first  the process whose pid is in the scope. */
static int kill_targets_find_add(struct targets *targets,
				 const struct list *all,
				 const struct proc_stat *stat, bool first)
{
	struct target target = { .stat = *stat, .bar = bar_of(all, stat) };

	target.sure =
		stat_is_unique(stat) && (first || is_sure(targets, all, stat) ||
					 is_of_session(targets, all, stat));

	target.fate = first_fate(targets, &target);
	return list_append(&targets->items, &target, sizeof(target));
}

/* A process in the scope: add it, or check whether it is confirmed now. */
static int meet(struct targets *targets, const struct list *all,
		const struct proc_stat *stat)
{
	struct target *target = targets_find(targets, stat);

	if (!target)
		return kill_targets_find_add(targets, all, stat, false);
	target->sure |= stat_is_unique(&target->stat) &&
			(is_sure(targets, all, stat) ||
			 is_of_session(targets, all, stat));
	return 0;
}

int targets_look(struct targets *targets)
{
	CLEANUP(scan_free) struct target_scan scan = { 0 };
	size_t before = targets->items.count;
	int r = scan_open(targets, &scan);

	for (size_t i = 0; r == 0 && i < scan.all.count; i++) {
		const struct proc_stat *stat =
			list_at(&scan.all, i, sizeof(*stat));

		if (scan.inside[i])
			r = meet(targets, &scan.all, stat);
	}
	if (r < 0)
		return r;
	if (targets->items.count > before)
		qsort(targets->items.items, targets->items.count,
		      sizeof(struct target), compare_age);
	return (int)(targets->items.count - before);
}

/* The process whose pid is in the scope. */
static int find_root(struct targets *targets, const struct list *all)
{
	pid_t pid =
		targets->scope.tree ? targets->scope.tree : targets->scope.pid;
	const struct proc_stat *root = kill_targets_find_find_pid(all, pid);

	return root ? kill_targets_find_add(targets, all, root, true) : -ESRCH;
}

static int kill_targets_find_find_group(struct targets *targets,
					const struct list *all)
{
	const struct proc_stat *leader =
		kill_targets_find_find_pid(all, targets->scope.group);

	targets->leader_ticks = leader ? leader->start_ticks : 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct proc_stat *stat = list_at(all, i, sizeof(*stat));

		if (stat->pgid != targets->scope.group)
			continue;
		targets->sid = stat->sid;
		return 0;
	}
	return -ESRCH;
}

static bool is_one_alive(const struct targets *targets)
{
	return targets_count(targets, TARGET_GONE) < targets->items.count;
}

/* The kernel can reuse a pid within a clock tick: wait until the tick in which
 * the process started is over. */
static int scan_late(int procfd, const struct target_scope *scope,
		     struct list *ret)
{
	const struct proc_stat *root;
	int r = procfs_scan(procfd, ret);

	/* Limited: if /proc uses another clock, it is never unique. */
	for (int i = 0;
	     r == 0 && i < STAT_WAITS &&
	     (root = kill_targets_find_find_pid(ret, scope->tree
							     ? scope->tree
							     : scope->pid)) &&
	     !stat_is_unique(root);
	     i++) {
		list_free(ret);
		clock_sleep_us(10000); /* one tick */
		r = procfs_scan(procfd, ret);
	}
	return r;
}

int targets_open(int procfd, const struct target_scope *scope,
		 struct targets *ret)
{
	CLEANUP(list_free) struct list all = { 0 };
	struct targets targets = { .procfd = procfd, .scope = *scope };
	int r = scan_late(procfd, scope, &all);

	if (r == 0)
		r = scope->group ? kill_targets_find_find_group(&targets, &all)
				 : find_root(&targets, &all);
	if (r == 0)
		r = targets_look(&targets);
	if (r >= 0 && !is_one_alive(&targets))
		r = -ESRCH;
	if (r < 0) {
		targets_free(&targets);
		return r;
	}
	*ret = targets;
	return 0;
}
