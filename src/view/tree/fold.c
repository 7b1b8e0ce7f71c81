// SPDX-License-Identifier: MIT
/* Fold equal leaves of one parent into one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/pids.h"
#include "view/tree/grow.h"

/* A leaf, with all that makes it different from others. */
struct leaf {
	uint32_t sprout, parent;
	const char *name;
	size_t name_size;
	pid_t sid, pgid; /* 0 if it leads them: those differ anyway */
	int tty, threads;
	char state; /* as shown */
	char leads; /* 'S' a session, 'G' a group, or 0 */
	bool foreground;
};

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_names(const struct leaf *a, const struct leaf *b)
{
	size_t size = a->name_size < b->name_size ? a->name_size : b->name_size;
	int order = size ? memcmp(a->name, b->name, size) : 0;

	return order ? order
		     : compare_numbers((int64_t)a->name_size,
				       (int64_t)b->name_size);
}

/* 0: equal. */
static int compare_kinds(const struct leaf *a, const struct leaf *b)
{
	int order = compare_numbers(a->parent, b->parent);

	order = order ? order : compare_names(a, b);
	order = order ? order : compare_numbers(a->leads, b->leads);
	order = order ? order : compare_numbers(a->sid, b->sid);
	order = order ? order : compare_numbers(a->pgid, b->pgid);
	order = order ? order : compare_numbers(a->tty, b->tty);
	order = order ? order : compare_numbers(a->threads, b->threads);
	order = order ? order : compare_numbers(a->state, b->state);
	return order ? order : compare_numbers(a->foreground, b->foreground);
}

static int compare_leaves(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;
	int order = compare_kinds(x, y);

	return order ? order : compare_numbers(x->sprout, y->sprout);
}

static char leads_what(const struct proc_stat *stat)
{
	if (stat->pid == stat->sid)
		return 'S';
	return stat->pid == stat->pgid ? 'G' : 0;
}

static void name_leaf(const struct growth *growth, struct leaf *leaf)
{
	const struct view_process *process =
		sprout_process(growth, leaf->sprout);
	const struct proc_stat *stat = view_stat(growth->view, process);

	leaf->name = stat->comm;
	leaf->name_size = strlen(stat->comm);
	if (!growth->options->arguments || process->arguments_size == 0)
		return;
	leaf->name = growth->view->text.text + process->arguments;
	leaf->name_size = process->arguments_size;
}

static struct leaf leaf_of(const struct growth *growth, uint32_t index)
{
	const struct proc_stat *stat = sprout_stat(growth, index);
	struct leaf leaf = {
		.sprout = index,
		.parent = growth->sprouts[index].parent,
		.tty = stat->tty,
		.threads = stat->threads,
		.state = stat_is_dead(stat)	 ? 'Z'
			 : stat_is_stopped(stat) ? 'T'
						 : 0,
		.leads = leads_what(stat),
		.foreground = view_is_foreground(stat),
	};

	leaf.sid = leaf.leads == 'S' ? 0 : stat->sid;
	leaf.pgid = leaf.leads ? 0 : stat->pgid;
	name_leaf(growth, &leaf);
	return leaf;
}

/* The process group of each process in the tree, sorted. */
static int list_groups(const struct growth *growth, struct list *ret)
{
	for (uint32_t i = 0; i < growth->count; i++)
		if (list_append(ret, &sprout_stat(growth, i)->pgid,
				sizeof(pid_t)) < 0)
			return -ENOMEM;
	pids_sort(ret);
	return 0;
}

/* Whether other processes name this number as their group. */
static bool leads_others(const struct list *groups, pid_t pgid)
{
	const pid_t *items = groups->items;
	const pid_t *found = pids_find(groups, groups->count, pgid);

	return found &&
	       ((found > items && found[-1] == pgid) ||
		(found + 1 < items + groups->count && found[1] == pgid));
}

static bool is_foldable(const struct growth *growth, uint32_t index,
			const struct list *groups)
{
	const struct sprout *sprout = &growth->sprouts[index];
	const struct proc_stat *stat = sprout_stat(growth, index);

	if (sprout->first != TREE_NONE || sprout->parent == TREE_NONE)
		return false;
	if (!leads_what(stat))
		return true;
	return growth->options->fold == TREE_FOLD_ALL &&
	       !leads_others(groups, stat->pgid);
}

static int list_leaves(const struct growth *growth, struct list *ret)
{
	CLEANUP(list_free) struct list groups = { 0 };
	int r = list_groups(growth, &groups);

	for (uint32_t i = 0; r == 0 && i < growth->count; i++) {
		struct leaf leaf;

		if (!is_foldable(growth, i, &groups))
			continue;
		leaf = leaf_of(growth, i);
		r = list_append(ret, &leaf, sizeof(leaf));
	}
	if (r == 0 && ret->count > 0)
		qsort(ret->items, ret->count, sizeof(struct leaf),
		      compare_leaves);
	return r;
}

static void fold_into(struct growth *growth, uint32_t index, uint32_t into)
{
	struct sprout *target = &growth->sprouts[into];
	pid_t pid = sprout_stat(growth, index)->pid;

	growth->sprouts[index].folded = true;
	target->count++;
	if (pid > target->last)
		target->last = pid;
}

int growth_fold(struct growth *growth)
{
	CLEANUP(list_free) struct list leaves = { 0 };
	const struct leaf *items;
	uint32_t first = 0;

	if (growth->options->fold == TREE_FOLD_NONE)
		return 0;
	if (list_leaves(growth, &leaves) < 0)
		return -ENOMEM;
	items = leaves.items;
	for (uint32_t i = 1; i < leaves.count; i++) {
		if (compare_kinds(&items[first], &items[i]) == 0)
			fold_into(growth, items[i].sprout, items[first].sprout);
		else
			first = i;
	}
	return 0;
}
