// SPDX-License-Identifier: MIT
/*
 * Descendants: of a list of processes, and by the `children` files of /proc.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "proc/pids.h"
#include "proc/procfs.h"

/* Indexes of @all in the order of parents, so that children are one run. */
struct by_parent {
	pid_t ppid;
	uint32_t index;
};

static int compare_parents(const void *a, const void *b)
{
	const struct by_parent *x = a, *y = b;

	if (x->ppid != y->ppid)
		return x->ppid < y->ppid ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The first entry whose parent is not before @ppid. */
static size_t tree_first_child(const struct by_parent *order, size_t count,
			       pid_t ppid)
{
	size_t low = 0;

	while (count > 0) {
		size_t half = count / 2;

		if (order[low + half].ppid < ppid) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low;
}

static int append_children(const struct list *all,
			   const struct by_parent *order, pid_t parent,
			   struct list *found)
{
	const struct proc_stat *stats = all->items;

	for (size_t i = tree_first_child(order, all->count, parent);
	     i < all->count && order[i].ppid == parent; i++) {
		const struct proc_stat *child = &stats[order[i].index];

		/* pid 0 (a parent outside our namespace) is its own child. */
		if (child->pid == child->ppid)
			continue;
		if (list_append(found, child, sizeof(*child)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int procfs_descendants(const struct list *all, pid_t root, struct list *ret)
{
	const struct proc_stat *stats = all->items;
	struct list found = { 0 };

	CLEANUP_FREE struct by_parent *order =
		calloc(all->count + 1, sizeof(*order));
	if (!order)
		return -ENOMEM;

	for (size_t i = 0; i < all->count; i++)
		order[i] = (struct by_parent){ stats[i].ppid, (uint32_t)i };
	qsort(order, all->count, sizeof(*order), compare_parents);

	int r = append_children(all, order, root, &found);

	/* A snapshot that is not atomic may hold a cycle; then the list would
	 * become longer than that of all processes. */
	for (size_t i = 0; r == 0 && i < found.count; i++) {
		const struct proc_stat *items = found.items;

		if (found.count > all->count)
			r = -EAGAIN;
		else
			r = append_children(all, order, items[i].pid, &found);
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

/*
 * Append each of @pids whose own ppid is @parent: the pid may have been reused.
 */
static int append_stats(int procfd, pid_t parent, const struct list *pids,
			struct list *found)
{
	for (size_t i = 0; i < pids->count; i++) {
		struct proc_stat stat;
		int r = stat_read(procfd,
				  *(pid_t *)list_at(pids, i, sizeof(pid_t)),
				  &stat);

		/* Gone meanwhile: another process has adopted its children. */
		if (procfs_is_absent(r) || (r == 0 && stat.ppid != parent))
			continue;
		if (r == 0)
			r = list_append(found, &stat, sizeof(stat));
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The children of a process that was found. If it ended while we read, its pid
 * may have been reused: then they are not taken. Its real children are adopted
 * by an ancestor, and are found there.
 */
static int append_below(int procfd, const struct proc_stat *parent,
			struct list *found)
{
	CLEANUP(list_free) struct list pids = { 0 };
	size_t before = found->count;
	struct proc_stat now;
	int r = procfs_children_of(procfd, parent->pid, parent->threads, &pids);

	if (r == 0)
		r = append_stats(procfd, parent->pid, &pids, found);
	if (r < 0)
		return procfs_is_absent(r) ? 0 : r;
	if (found->count == before)
		return 0;
	r = stat_read(procfd, parent->pid, &now);
	if (procfs_is_absent(r) ||
	    (r == 0 && now.start_ticks != parent->start_ticks)) {
		found->count = before;
		r = 0;
	}
	return r;
}

/* From the @first of those that are found on: their children, and so on. */
static int walk_below(int procfd, size_t first, struct list *found)
{
	int r = 0;

	/* A process that is reparented while we walk may be met twice, but not
	 * without end. */
	for (size_t i = first;
	     r == 0 && i < found->count && i < PROCFS_PID_LAST; i++) {
		struct proc_stat stat =
			*(struct proc_stat *)list_at(found, i, sizeof(stat));

		r = append_below(procfd, &stat, found);
	}
	return r;
}

/* Of @pids only those stay that are not in @known, and add them to it. */
static int take_new(struct list *pids, struct list *known)
{
	size_t kept = 0, old = known->count;
	int r = 0;

	pids_sort(known);
	for (size_t i = 0; r == 0 && i < pids->count; i++) {
		pid_t pid = *(pid_t *)list_at(pids, i, sizeof(pid));

		if (pids_find(known, old, pid))
			continue;
		memcpy(list_at(pids, kept++, sizeof(pid)), &pid, sizeof(pid));
		r = list_append(known, &pid, sizeof(pid));
	}
	pids->count = kept;
	return r;
}

/* A subreaper adopts orphans while we walk below it: look there again until no
 * new process is found. */
#define WALKS 4

static int walk_tree(int procfd, pid_t root, struct list *found)
{
	CLEANUP(list_free) struct list known = { 0 };
	struct proc_stat stat;
	int r = stat_read(procfd, root, &stat);

	for (int i = 0; r == 0 && i < WALKS; i++) {
		CLEANUP(list_free) struct list pids = { 0 };
		size_t first = found->count;

		r = procfs_children_of(procfd, root, stat.threads, &pids);
		if (r == 0)
			r = take_new(&pids, &known);
		if (r < 0 || pids.count == 0)
			return r;
		r = append_stats(procfd, root, &pids, found);
		if (r == 0)
			r = walk_below(procfd, first, found);
		for (size_t j = first; r == 0 && j < found->count; j++) {
			const struct proc_stat *one =
				list_at(found, j, sizeof(*one));

			r = list_append(&known, &one->pid, sizeof(one->pid));
		}
	}
	return r;
}

int procfs_tree(int procfd, pid_t root, struct list *ret)
{
	CLEANUP(list_free) struct list all = { 0 };
	struct list found = { 0 };
	int r = walk_tree(procfd, root, &found);

	if (r == 0) {
		*ret = found;
		return 0;
	}
	list_free(&found);
	if (r == -ENOMEM)
		return r;
	r = procfs_scan(procfd, &all);
	return r < 0 ? r : procfs_descendants(&all, root, ret);
}
