// SPDX-License-Identifier: MIT
/*
 * Lists of processes in orders for a person.
 */
#include <errno.h>
#include <jig.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sized.h"
#include "proc/session_order.h"

static struct session_place process_order_place_of(
	const struct jig_process *process)
{
	return (struct session_place){ process->sid, process->pgid,
				       process->pid };
}

static int process_order_compare_places(const void *a, const void *b)
{
	return session_order(process_order_place_of(a),
			     process_order_place_of(b));
}

static int process_order_check(const struct jig_process *processes,
			       size_t count)
{
	return sized_check_array(processes, count,
				 SIZED_FIRST(struct jig_process, comm));
}

int jig_sort_sessions(struct jig_process *processes, size_t count)
{
	int r = process_order_check(processes, count);

	if (r == 0 && count > 0)
		qsort(processes, count, processes->size,
		      process_order_compare_places);
	return r;
}

/* ------------------------------------------------------------------ the tree
 */

/* The processes in order of parents, so that children are one run. */
struct child {
	pid_t ppid, pid;
	uint32_t index;
};

struct tree {
	const struct jig_process *processes; /* of the host's size */
	size_t count, size;
	struct child *children;
	bool *is_placed; /* by index */
	uint32_t *waiting; /* a stack of indexes */
	size_t waiting_count;
	unsigned *depths; /* by index */
	char *order; /* the processes anew */
	unsigned *order_depths;
	size_t done;
};

static int compare_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	if (x->ppid != y->ppid)
		return x->ppid < y->ppid ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int compare_processes(const void *a, const void *b)
{
	const struct jig_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static const struct jig_process *at(const struct tree *tree, size_t index)
{
	return sized_at(tree->processes, index);
}

/* The first in the order of parents whose parent is not before @ppid. */
static size_t process_order_first_child(const struct tree *tree, pid_t ppid)
{
	size_t low = 0, count = tree->count;

	while (count > 0) {
		size_t half = count / 2;

		if (tree->children[low + half].ppid < ppid) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low;
}

static void process_order_put(struct tree *tree, uint32_t index, unsigned depth)
{
	if (tree->is_placed[index])
		return;
	tree->is_placed[index] = true;
	tree->depths[index] = depth;
	tree->waiting[tree->waiting_count++] = index;
}

/* It and all below it; a stack instead of calls: trees can be deep. */
static void process_order_place(struct tree *tree, uint32_t root)
{
	process_order_put(tree, root, 0);
	while (tree->waiting_count > 0) {
		uint32_t index = tree->waiting[--tree->waiting_count];
		const struct jig_process *process = at(tree, index);
		pid_t pid = process->pid;
		size_t first = process_order_first_child(tree, pid),
		       end = first;

		memcpy(tree->order + tree->done * tree->size, process,
		       tree->size);
		tree->order_depths[tree->done++] = tree->depths[index];
		while (end < tree->count && tree->children[end].ppid == pid)
			end++;
		while (end-- > first)
			process_order_put(tree, tree->children[end].index,
					  tree->depths[index] + 1);
	}
}

static bool has_parent(const struct tree *tree, uint32_t index)
{
	struct jig_process key = { .pid = at(tree, index)->ppid };

	return bsearch(&key, tree->processes, tree->count, tree->size,
		       compare_processes);
}

static void process_order_place_all(struct tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++)
		tree->children[i] = (struct child){ at(tree, i)->ppid,
						    at(tree, i)->pid, i };
	qsort(tree->children, tree->count, sizeof(*tree->children),
	      compare_children);
	for (uint32_t i = 0; i < tree->count; i++)
		if (!has_parent(tree, i))
			process_order_place(tree, i);
	/* The remaining processes form a circle: a snapshot is not atomic. */
	for (uint32_t i = 0; i < tree->count; i++)
		if (!tree->is_placed[i])
			process_order_place(tree, i);
}

int jig_sort_tree(struct jig_process *processes, size_t count,
		  unsigned *ret_depths)
{
	size_t room = count + 1, size = count > 0 ? processes->size : 1;
	int r = process_order_check(processes, count);

	if (r < 0)
		return r;
	CLEANUP_FREE struct child *children = calloc(room, sizeof(*children));
	CLEANUP_FREE bool *is_placed = calloc(room, sizeof(*is_placed));
	CLEANUP_FREE uint32_t *waiting = calloc(room, sizeof(*waiting));
	CLEANUP_FREE unsigned *depths = calloc(room, sizeof(*depths));
	CLEANUP_FREE char *order = calloc(room, size);
	CLEANUP_FREE unsigned *order_depths =
		calloc(room, sizeof(*order_depths));
	struct tree tree = { .processes = processes,
			     .count = count,
			     .size = size,
			     .children = children,
			     .is_placed = is_placed,
			     .waiting = waiting,
			     .depths = depths,
			     .order = order,
			     .order_depths = order_depths };

	if (!children || !is_placed || !waiting || !depths || !order ||
	    !order_depths)
		return -ENOMEM;
	if (count == 0)
		return 0;
	qsort(processes, count, size, compare_processes);
	process_order_place_all(&tree);
	memcpy(processes, order, count * size);
	if (ret_depths)
		memcpy(ret_depths, order_depths, count * sizeof(*depths));
	return 0;
}
