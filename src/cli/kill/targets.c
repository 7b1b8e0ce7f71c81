// SPDX-License-Identifier: MIT
#include "cli/kill/targets.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "proc/handle.h"
#include "proc/procfs.h"

/* A relay never lets a look end without someone new. */
#define MAX_LOOKS 8

static struct target *target_at(const struct targets *targets, size_t index)
{
	return list_at(&targets->items, index, sizeof(struct target));
}

static int compare_pid(const void *key, const void *item)
{
	pid_t pid = *(const pid_t *)key;
	const struct proc_stat *stat = item;

	return (pid > stat->pid) - (pid < stat->pid);
}

/* @all is in order of pids. */
static const struct proc_stat *find_pid(const struct list *all, pid_t pid)
{
	return all->count == 0 ? NULL
			       : bsearch(&pid, all->items, all->count,
					 sizeof(struct proc_stat), compare_pid);
}

static bool is_same(const struct proc_stat *a, const struct proc_stat *b)
{
	return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

/* What one look has seen, and which of it is meant. */
struct look {
	const struct targets *targets;
	struct list all; /* of struct proc_stat */
	bool *inside;
};

static bool is_pid_inside(const struct look *look, pid_t pid)
{
	const struct proc_stat *stat = find_pid(&look->all, pid);

	return stat &&
	       look->inside[stat - (const struct proc_stat *)look->all.items];
}

/*
 * A group's number is not given out again while it has a member. So the group
 * is another one only if a process of that number has been born since.
 */
static bool is_same_group(const struct look *look)
{
	const struct targets *targets = look->targets;
	const struct proc_stat *leader =
		find_pid(&look->all, targets->scope.group);

	return !leader || leader->start_ticks == targets->leader_ticks;
}

/* Begun in the tree: the leader is in it, or was when we looked before. */
static bool is_session_inside(const struct look *look, pid_t sid)
{
	const struct proc_stat *leader = find_pid(&look->all, sid);

	if (leader)
		return leader->sid == sid && is_pid_inside(look, sid);
	for (size_t i = 0; i < look->targets->items.count; i++) {
		const struct proc_stat *stat =
			&target_at(look->targets, i)->stat;

		if (stat->pid == sid && stat->sid == sid)
			return true;
	}
	return false;
}

static bool is_meant(const struct look *look, const struct proc_stat *stat)
{
	const struct target_scope *scope = &look->targets->scope;

	if (scope->group)
		return stat->pgid == scope->group &&
		       stat->sid == look->targets->sid && is_same_group(look);
	if (!scope->tree)
		return false; /* Its first look has found it. */
	return is_pid_inside(look, stat->ppid) ||
	       (scope->session && stat->sid > 0 &&
		is_session_inside(look, stat->sid));
}

/* Whom we have met stays in, orphaned or in another group by now. */
static void mark_met(struct look *look)
{
	const struct proc_stat *first = look->all.items;

	for (size_t i = 0; i < look->targets->items.count; i++) {
		const struct target *target = target_at(look->targets, i);
		const struct proc_stat *now =
			find_pid(&look->all, target->stat.pid);

		if (now && is_same(now, &target->stat) &&
		    target->fate != TARGET_LEFT)
			look->inside[now - first] = true;
	}
}

/* Until nobody else is meant: children mostly stand behind their parents. */
static void mark_all(struct look *look)
{
	const struct proc_stat *stats = look->all.items;
	bool is_changed = true;

	while (is_changed) {
		is_changed = false;
		for (size_t i = 0; i < look->all.count; i++) {
			if (look->inside[i] || !is_meant(look, &stats[i]))
				continue;
			look->inside[i] = is_changed = true;
		}
	}
}

static void look_free(struct look *look)
{
	list_free(&look->all);
	free(look->inside);
}

static int look_around(const struct targets *targets, struct look *look)
{
	int r = procfs_scan(targets->procfd, &look->all);

	if (r < 0)
		return r;
	look->targets = targets;
	look->inside = calloc(look->all.count + 1, sizeof(bool));
	if (!look->inside)
		return -ENOMEM;
	mark_met(look);
	mark_all(look);
	return 0;
}

static bool is_ancestor(const struct list *all, pid_t pid)
{
	const struct proc_stat *stat = find_pid(all, getpid());

	/* As many steps as there are processes: the list is not atomic. */
	for (size_t i = 0; stat && i < all->count; i++) {
		if (stat->ppid == pid)
			return true;
		stat = find_pid(all, stat->ppid);
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
	/* Kernel threads are in session 0, have no memory and one parent. */
	if (stat->sid == 0 && stat->virtual_bytes == 0 && stat->ppid <= 2 &&
	    !stat_is_dead(stat))
		return TARGET_KERNEL;
	return is_ancestor(all, stat->pid) ? TARGET_ANCESTOR : TARGET_FREE;
}

static struct target *find_met(const struct targets *targets,
			       const struct proc_stat *stat)
{
	for (size_t i = 0; i < targets->items.count; i++) {
		struct target *target = target_at(targets, i);

		if (is_same(&target->stat, stat))
			return target;
	}
	return NULL;
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

/* By age: nobody is older than its parent. */
static int compare_age(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->stat.start_ticks != y->stat.start_ticks)
		return x->stat.start_ticks < y->stat.start_ticks ? -1 : 1;
	return (x->stat.pid > y->stat.pid) - (x->stat.pid < y->stat.pid);
}

/* A session's leader that is a target; NULL: none, or the scope is no session.
 */
static const struct target *find_leader(const struct targets *targets,
					pid_t sid)
{
	for (size_t i = 0; targets->scope.session && i < targets->items.count;
	     i++) {
		const struct target *target = target_at(targets, i);

		if (target->stat.pid == sid && target->stat.sid == sid)
			return target;
	}
	return NULL;
}

/* Its parent is certain, and it existed before its parent was read. */
static bool is_sure(const struct targets *targets, const struct list *all,
		    const struct proc_stat *stat)
{
	const struct proc_stat *parent = find_pid(all, stat->ppid);
	const struct target *known = parent ? find_met(targets, parent) : NULL;

	return known && known->sure && stat_is_child(stat, parent);
}

/* The same for the leader of its session. A session's number is not reused
 * while it has a member, so this is the session of that leader. */
static bool is_of_session(const struct targets *targets, const struct list *all,
			  const struct proc_stat *stat)
{
	const struct target *leader = find_leader(targets, stat->sid);
	const struct proc_stat *now;

	if (!leader || !leader->sure)
		return false;
	now = find_pid(all, stat->sid);
	if (!now || !is_same(now, &leader->stat))
		now = &leader->stat;
	return stat->start_ticks < now->seen_ticks;
}

/* @first  the process that the scope names by its pid. */
static int add(struct targets *targets, const struct list *all,
	       const struct proc_stat *stat, bool first)
{
	struct target target = { .stat = *stat, .bar = bar_of(all, stat) };

	target.sure =
		stat_is_unique(stat) && (first || is_sure(targets, all, stat) ||
					 is_of_session(targets, all, stat));

	target.fate = first_fate(targets, &target);
	return list_append(&targets->items, &target, sizeof(target));
}

/* A process inside of the scope: add it, or see whether it is certain now. */
static int meet(struct targets *targets, const struct list *all,
		const struct proc_stat *stat)
{
	struct target *target = find_met(targets, stat);

	if (!target)
		return add(targets, all, stat, false);
	target->sure |= stat_is_unique(&target->stat) &&
			(is_sure(targets, all, stat) ||
			 is_of_session(targets, all, stat));
	return 0;
}

int targets_look(struct targets *targets)
{
	CLEANUP(look_free) struct look look = { 0 };
	size_t before = targets->items.count;
	int r = look_around(targets, &look);

	for (size_t i = 0; r == 0 && i < look.all.count; i++) {
		const struct proc_stat *stat =
			list_at(&look.all, i, sizeof(*stat));

		if (look.inside[i])
			r = meet(targets, &look.all, stat);
	}
	if (r < 0)
		return r;
	if (targets->items.count > before)
		qsort(targets->items.items, targets->items.count,
		      sizeof(struct target), compare_age);
	return (int)(targets->items.count - before);
}

/* The first of them, whom the scope's number names. */
static int find_root(struct targets *targets, const struct list *all)
{
	pid_t pid =
		targets->scope.tree ? targets->scope.tree : targets->scope.pid;
	const struct proc_stat *root = find_pid(all, pid);

	return root ? add(targets, all, root, true) : -ESRCH;
}

static int find_group(struct targets *targets, const struct list *all)
{
	const struct proc_stat *leader = find_pid(all, targets->scope.group);

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

static bool is_anybody_alive(const struct targets *targets)
{
	return targets_count(targets, TARGET_GONE) < targets->items.count;
}

/* A pid can be used twice within a tick: so wait until the first one's tick has
 * passed. */
static int scan_late(int procfd, const struct target_scope *scope,
		     struct list *ret)
{
	const struct proc_stat *root;
	int r = procfs_scan(procfd, ret);

	/* If /proc has another clock, it is never unique. */
	for (int i = 0;
	     r == 0 && i < STAT_WAITS &&
	     (root = find_pid(ret, scope->tree ? scope->tree : scope->pid)) &&
	     !stat_is_unique(root);
	     i++) {
		list_free(ret);
		clock_sleep_us(10000); /* A tick. */
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
		r = scope->group ? find_group(&targets, &all)
				 : find_root(&targets, &all);
	if (r == 0)
		r = targets_look(&targets);
	if (r >= 0 && !is_anybody_alive(&targets))
		r = -ESRCH;
	if (r < 0) {
		targets_free(&targets);
		return r;
	}
	*ret = targets;
	return 0;
}

bool targets_are_barred(const struct targets *targets)
{
	for (size_t i = 0; i < targets->items.count; i++)
		if (target_at(targets, i)->bar != TARGET_FREE &&
		    target_at(targets, i)->fate != TARGET_GONE)
			return true;
	return false;
}

static bool is_known(const struct proc_stat *stat, const void *context)
{
	const struct target *target = find_met(context, stat);

	return target && target->sure;
}

int targets_confirm(const struct targets *targets, const struct target *target,
		    struct descent *descent, const struct proc_stat *now)
{
	if (targets->scope.group)
		return now->pgid == targets->scope.group &&
		       now->sid == targets->sid;
	if (target->sure)
		return 1;
	descent->is_known = is_known;
	descent->context = targets;

	int r = descent_confirm(descent, now);

	/* The next look will be in a later tick than its start. */
	return r == 0 && find_leader(targets, now->sid) ? -EAGAIN : r;
}

/* Pin, read, confirm, and only then signal. @return 0 or a reason to stop. */
static int hit(const struct targets *targets, struct target *target, int signo,
	       bool wake)
{
	CLEANUP(handle_close) struct handle handle = HANDLE_NONE;
	CLEANUP(descent_close)
	struct descent descent = { .procfd = targets->procfd };
	struct proc_stat now;
	int r = handle_open(targets->procfd, &target->stat, &handle, &now);

	if (r == 0)
		r = targets_confirm(targets, target, &descent, &now);
	if (r == 0)
		target->fate = TARGET_LEFT;
	if (r == 0 || r == -EAGAIN)
		return 0;
	if (r == 1)
		r = handle_kill(&handle, signo);
	if (r == 0 && wake)
		(void)handle_kill(&handle, SIGCONT); /* Or it has ended. */
	if (r == 0 && signo != 0)
		target->fate = TARGET_HIT;
	else if (r == -ESRCH)
		target->fate = TARGET_GONE;
	else if (r == -EPERM)
		target->fate = TARGET_DENIED;
	return r == -ESRCH || r == -EPERM ? 0 : r;
}

static int hit_met(struct targets *targets, int signo, bool wake)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < targets->items.count; i++)
		if (target_at(targets, i)->fate == TARGET_MET)
			r = hit(targets, target_at(targets, i), signo, wake);
	return r;
}

int targets_ask(struct targets *targets)
{
	return hit_met(targets, 0, false);
}

int targets_signal(struct targets *targets, int signo, bool wake)
{
	for (int i = 0; i < MAX_LOOKS; i++) {
		int r = hit_met(targets, signo, wake);

		if (r == 0)
			r = targets_look(targets);
		if (r == 0 && targets_count(targets, TARGET_MET) > 0)
			r = 1; /* These are not certain yet. */
		if (r <= 0)
			return r;
		if (targets_count(targets, TARGET_MET) > 0)
			clock_sleep_us(10000); /* A tick. */
	}
	return -EAGAIN;
}

size_t targets_count(const struct targets *targets, enum target_fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < targets->items.count; i++)
		count += target_at(targets, i)->fate == fate;
	return count;
}

void targets_free(struct targets *targets)
{
	list_free(&targets->items);
}
