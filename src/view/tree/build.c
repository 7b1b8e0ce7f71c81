// SPDX-License-Identifier: MIT
#include "view/tree/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/pids.h"
#include "view/tree/grow.h"

/* Whether a process is below the root. */
enum below {
	BELOW_UNKNOWN,
	BELOW_ON_THE_WAY,
	BELOW_NO,
	BELOW_YES,
};

/* The snapshot, sorted by pid. */
struct kin {
	const struct proc_stat *stats;
	uint32_t count;
	struct pid_index *order;
	unsigned char *below; /* of enum below, for each of stats */
	uint32_t *sprouts; /* for each of stats: its sprout, or TREE_NONE */
};

/* @return  the index of the process with this pid, or TREE_NONE. */
static uint32_t kin_find(const struct kin *kin, pid_t pid)
{
	const struct pid_index *found =
		pid_index_find(kin->order, kin->count, pid);

	return found ? found->index : TREE_NONE;
}

static void kin_free(struct kin *kin)
{
	free(kin->order);
	free(kin->below);
	free(kin->sprouts);
}

static int kin_init(const struct view *view, struct kin *ret)
{
	size_t room = view->stats.count + 1;
	struct kin kin = {
		.stats = view->stats.items,
		.count = (uint32_t)view->stats.count,
		.order = calloc(room, sizeof(*kin.order)),
		.below = calloc(room, sizeof(*kin.below)),
		.sprouts = calloc(room, sizeof(*kin.sprouts)),
	};

	if (!kin.order || !kin.below || !kin.sprouts) {
		kin_free(&kin);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < kin.count; i++) {
		kin.order[i] = (struct pid_index){ kin.stats[i].pid, i };
		kin.sprouts[i] = TREE_NONE;
	}
	pid_index_sort(kin.order, kin.count);
	*ret = kin;
	return 0;
}

/* If the walk returns to a process on the way, it is a circle: not below. */
static enum below tree_build_answer_of(const struct kin *kin, uint32_t index)
{
	if (index == TREE_NONE || kin->below[index] == BELOW_ON_THE_WAY)
		return BELOW_NO;
	return kin->below[index];
}

/* Go up to a process with an answer; then store it for all on the way. */
static void find_below(struct kin *kin, uint32_t index)
{
	enum below answer = kin->below[index];
	uint32_t at = index;

	while (answer == BELOW_UNKNOWN) {
		kin->below[at] = BELOW_ON_THE_WAY;
		at = kin_find(kin, kin->stats[at].ppid);
		answer = tree_build_answer_of(kin, at);
	}
	while (index != TREE_NONE && kin->below[index] == BELOW_ON_THE_WAY) {
		kin->below[index] = (unsigned char)answer;
		index = kin_find(kin, kin->stats[index].ppid);
	}
}

static int find_descendants(struct kin *kin, pid_t root)
{
	uint32_t index = root ? kin_find(kin, root) : 0;

	if (index == TREE_NONE)
		return -ESRCH;
	if (root == 0) {
		memset(kin->below, BELOW_YES, kin->count);
		return 0;
	}
	kin->below[index] = BELOW_YES;
	for (uint32_t i = 0; i < kin->count; i++)
		find_below(kin, i);
	return 0;
}

/* Kernel threads only on request, or if the root was given. */
static bool is_wanted(const struct growth *growth, const struct kin *kin,
		      uint32_t index)
{
	return kin->below[index] == BELOW_YES &&
	       (growth->options->kernel || growth->options->root ||
		!stat_is_kernel(&kin->stats[index]));
}

static void sprout_all(struct growth *growth, struct kin *kin)
{
	for (uint32_t i = 0; i < growth->view->shown.count; i++) {
		uint32_t index = view_at(growth->view, i)->index;

		if (!is_wanted(growth, kin, index))
			continue;
		kin->sprouts[index] = growth->count;
		growth->sprouts[growth->count++] = (struct sprout){
			.shown = i,
			.parent = TREE_NONE,
			.first = TREE_NONE,
			.next = TREE_NONE,
			.count = 1,
			.last = kin->stats[index].pid,
		};
	}
}

/* From last to first, because each is put at the front of its siblings. */
static void join(struct growth *growth, const struct kin *kin)
{
	pid_t root = growth->options->root;

	for (uint32_t i = growth->count; i-- > 0;) {
		struct sprout *sprout = &growth->sprouts[i];
		const struct proc_stat *stat = sprout_stat(growth, i);
		uint32_t index = kin_find(kin, stat->ppid);

		if (index == TREE_NONE || stat->pid == root)
			continue;
		sprout->parent = kin->sprouts[index];
		if (sprout->parent == i)
			sprout->parent = TREE_NONE;
		if (sprout->parent == TREE_NONE)
			continue;
		sprout->next = growth->sprouts[sprout->parent].first;
		growth->sprouts[sprout->parent].first = i;
	}
}

/* The first of @index and its later siblings that is not placed yet. */
static uint32_t next_open(const struct growth *growth, uint32_t index)
{
	while (index != TREE_NONE &&
	       (growth->sprouts[index].folded || growth->sprouts[index].placed))
		index = growth->sprouts[index].next;
	return index;
}

/* The next one after @index: its first child, else the next sibling of it or of
 * the nearest ancestor that has one. */
static uint32_t successor(const struct growth *growth, uint32_t index)
{
	uint32_t next = next_open(growth, growth->sprouts[index].first);

	for (; next == TREE_NONE && index != TREE_NONE;
	     index = growth->sprouts[index].parent)
		next = next_open(growth, growth->sprouts[index].next);
	return next;
}

static void place_one(struct growth *growth, uint32_t index, struct tree *tree)
{
	struct sprout *sprout = &growth->sprouts[index];
	struct tree_node *node = &tree->nodes[tree->count];

	*node = (struct tree_node){
		.shown = sprout->shown,
		.parent = TREE_NONE,
		.count = sprout->count,
		.last = sprout->last,
		.more = next_open(growth, sprout->next) != TREE_NONE,
	};
	if (sprout->parent != TREE_NONE) {
		node->parent = growth->sprouts[sprout->parent].node;
		node->depth = tree->nodes[node->parent].depth + 1;
	}
	sprout->placed = true;
	sprout->node = tree->count++;
	tree->processes += sprout->count;
}

/* With all processes below it. */
static void tree_build_place(struct growth *growth, uint32_t root,
			     struct tree *tree)
{
	growth->sprouts[root].parent = TREE_NONE;
	growth->sprouts[root].next = TREE_NONE;
	for (uint32_t at = root; at != TREE_NONE; at = successor(growth, at))
		place_one(growth, at, tree);
}

static void tree_build_place_all(struct growth *growth, struct tree *tree)
{
	for (uint32_t i = 0; i < growth->count; i++)
		if (growth->sprouts[i].parent == TREE_NONE)
			tree_build_place(growth, i, tree);
	/* The rest is in a circle, or below one: cut it open here. */
	for (uint32_t i = 0; i < growth->count; i++)
		if (!growth->sprouts[i].placed && !growth->sprouts[i].folded)
			tree_build_place(growth, i, tree);
}

static int tree_build_grow(struct growth *growth, struct kin *kin,
			   struct tree *tree)
{
	int r = find_descendants(kin, growth->options->root);

	if (r < 0)
		return r;
	sprout_all(growth, kin);
	join(growth, kin);
	r = growth_fold(growth);
	if (r < 0)
		return r;
	tree->nodes = calloc(growth->count + 1U, sizeof(*tree->nodes));
	if (!tree->nodes)
		return -ENOMEM;
	tree_build_place_all(growth, tree);
	return tree_number_parts(tree);
}

int tree_build(const struct view *view, const struct tree_options *options,
	       struct tree *ret)
{
	CLEANUP_FREE struct sprout *sprouts =
		calloc(view->shown.count + 1, sizeof(*sprouts));
	CLEANUP(kin_free) struct kin kin = { 0 };
	CLEANUP(tree_free) struct tree tree = { .view = view };
	struct growth growth = { view, options, sprouts, 0 };
	int r = sprouts ? kin_init(view, &kin) : -ENOMEM;

	if (r == 0)
		r = tree_build_grow(&growth, &kin, &tree);
	if (r < 0)
		return r;
	*ret = tree;
	tree.nodes = NULL;
	return 0;
}
