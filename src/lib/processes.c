// SPDX-License-Identifier: MIT
/*
 * Processes that jig did not start: listing them, ending a tree of them.
 */
#include <errno.h>
#include <jig.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/sized.h"
#include "cage/sweep.h"
#include "proc/handle.h"
#include "proc/procfs.h"

static struct jig_process processes_describe(const struct proc_stat *stat)
{
	struct jig_process process = {
		.pid = stat->pid,
		.ppid = stat->ppid,
		.pgid = stat->pgid,
		.sid = stat->sid,
		.tpgid = stat->tpgid,
		.tty = stat->tty,
		.state = stat->state,
		.threads = stat->threads,
		.start_ticks = stat->start_ticks,
	};

	memcpy(process.comm, stat->comm, sizeof(process.comm));
	return process;
}

static int list_all(struct list *ret)
{
	CLEANUP_CLOSE int procfd = procfs_open();

	return procfd < 0 ? procfd : procfs_scan(procfd, ret);
}

int jig_list(struct jig_process **ret, size_t *ret_count, size_t size)
{
	CLEANUP(list_free) struct list all = { 0 };
	int r = sized_check(size, SIZED_FIRST(struct jig_process, comm));

	if (r == 0)
		r = list_all(&all);
	if (r < 0)
		return r;

	void *array = calloc(all.count + 1, size);

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < all.count; i++) {
		struct jig_process process = processes_describe(
			list_at(&all, i, sizeof(struct proc_stat)));

		sized_put(array, i, size, &process, sizeof(process));
	}
	*ret = array;
	*ret_count = all.count;
	return 0;
}

/* The tree as it is known so far: a process that was met stays in it when it is
 * orphaned. One that was seen below the tree, but may be a stranger with a
 * reused pid, is met only after it was pinned and confirmed. */
struct tree {
	int procfd;
	struct list met; /* of struct proc_stat */
};

static const struct proc_stat *processes_find(const struct list *stats,
					      const struct proc_stat *wanted)
{
	for (size_t i = 0; i < stats->count; i++) {
		const struct proc_stat *stat = list_at(stats, i, sizeof(*stat));

		if (stat->pid == wanted->pid &&
		    stat->start_ticks == wanted->start_ticks)
			return stat;
	}
	return NULL;
}

/* Known for certain, so its children are in the tree. */
static bool processes_is_known(const struct proc_stat *stat,
			       const void *context)
{
	const struct tree *tree = context;
	const struct proc_stat *met = processes_find(&tree->met, stat);

	return met && stat_is_unique(met);
}

static const struct proc_stat *processes_find_pid(const struct list *stats,
						  pid_t pid)
{
	for (size_t i = 0; i < stats->count; i++) {
		const struct proc_stat *stat = list_at(stats, i, sizeof(*stat));

		if (stat->pid == pid)
			return stat;
	}
	return NULL;
}

/* One that was seen below the tree. */
static int add_below(struct tree *tree, const struct list *all,
		     const struct proc_stat *stat, struct list *maybe)
{
	const struct proc_stat *parent = processes_find_pid(all, stat->ppid);

	if (processes_find(&tree->met, stat) || processes_find(maybe, stat))
		return 0;
	return list_append(parent && processes_is_known(parent, tree) &&
					   stat_is_child(stat, parent) &&
					   stat_is_unique(stat)
				   ? &tree->met
				   : maybe,
			   stat, sizeof(*stat));
}

/*
 * All living processes that were met, and their descendants: a daemon whose
 * parent was ended is init's child now, and still belongs to the tree.
 */
static int list_tree(void *context, struct list *ret)
{
	struct tree *tree = context;
	CLEANUP(list_free) struct list all = { 0 }, maybe = { 0 };
	struct list alive = { 0 };
	size_t known = tree->met.count;
	int r = procfs_scan(tree->procfd, &all);

	for (size_t i = 0; r == 0 && i < known; i++) {
		struct proc_stat root = *(
			struct proc_stat *)list_at(&tree->met, i, sizeof(root));
		CLEANUP(list_free) struct list below = { 0 };

		if (!processes_find(&all, &root))
			continue;
		r = procfs_descendants(&all, root.pid, &below);
		for (size_t j = 0; r == 0 && j < below.count; j++)
			r = add_below(tree, &all,
				      list_at(&below, j, sizeof(root)), &maybe);
	}
	for (size_t i = 0; r == 0 && i < tree->met.count; i++) {
		const struct proc_stat *now =
			processes_find(&all,
				       list_at(&tree->met, i, sizeof(*now)));

		if (now && !stat_is_dead(now))
			r = list_append(&alive, now, sizeof(*now));
	}
	for (size_t i = 0; r == 0 && i < maybe.count; i++) {
		const struct proc_stat *stat =
			list_at(&maybe, i, sizeof(*stat));

		if (!stat_is_dead(stat))
			r = list_append(&alive, stat, sizeof(*stat));
	}
	if (r < 0) {
		list_free(&alive);
		return r;
	}
	*ret = alive;
	return 0;
}

static int processes_confirm(void *context, struct descent *descent,
			     const struct proc_stat *now)
{
	struct tree *tree = context;
	int r;

	if (processes_is_known(now, tree))
		return 1;
	descent->is_known = processes_is_known;
	descent->context = tree;
	r = descent_confirm(descent, now);
	if (r == 1 && !processes_find(&tree->met, now) &&
	    list_append(&tree->met, now, sizeof(*now)) < 0)
		return -ENOMEM;
	return r;
}

/* A number can be used twice within a tick: wait until it has passed. If /proc
 * has another clock than we have, this is never so; but more than a tick has
 * passed then as well. */
static int read_root(int procfd, pid_t pid, struct proc_stat *ret)
{
	int r = stat_read(procfd, pid, ret);

	for (int i = 0; r == 0 && !stat_is_unique(ret) && i < STAT_WAITS; i++) {
		clock_sleep_us(10000); /* A tick. */
		r = stat_read(procfd, pid, ret);
	}
	if (r == 0 && !stat_is_unique(ret))
		ret->seen_ticks = ret->start_ticks + 1;
	return r;
}

static int check_target(int procfd, pid_t pid, struct tree *tree)
{
	CLEANUP(list_free) struct list members = { 0 };
	struct proc_stat root;
	int r;

	if (pid <= 1)
		return -EINVAL;
	r = read_root(procfd, pid, &root);
	if (r == 0 && stat_is_dead(&root))
		r = -ESRCH;
	if (r == 0)
		r = list_append(&tree->met, &root, sizeof(root));
	if (r == 0)
		r = list_tree(tree, &members);
	for (size_t i = 0; r == 0 && i < members.count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		if (stat->pid == getpid())
			r = -EINVAL;
	}
	return r;
}

static int processes_end_rounds(struct tree *tree, int64_t deadline)
{
	struct sweep sweep = { tree->procfd, list_tree, tree,
			       processes_confirm };
	int refused = 0;

	for (;;) {
		CLEANUP(list_free) struct list left = { 0 };
		size_t killed = 0;
		int r = sweep_stop_and_kill(&sweep, &killed);

		if (r == -EPERM)
			refused = r;
		else if (r < 0)
			return r;
		r = list_tree(tree, &left);
		if (r < 0)
			return r;
		if (left.count == 0)
			return 0;
		if (refused && killed == 0)
			return refused;
		if (clock_us() >= deadline)
			return -ETIMEDOUT;
		/* Not our children: no signal tells us of their end. */
		clock_sleep_us(2000);
	}
}

int jig_end_tree(pid_t pid, int timeout_ms, size_t *ret_count)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct tree tree = { .procfd = procfd };
	size_t count = 0;
	int r = procfd < 0 ? procfd : check_target(procfd, pid, &tree);

	if (r == 0)
		r = processes_end_rounds(&tree,
					 clock_in_us(clock_ms_us(timeout_ms)));
	/* Each process once, however many signals it got. */
	count = tree.met.count;
	list_free(&tree.met);
	if (ret_count && r == 0)
		*ret_count = count;
	return r;
}
