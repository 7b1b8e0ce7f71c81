/* SPDX-License-Identifier: MIT */
/*
 * The tree of a view's processes: who stands below whom, in which order, and
 * which equal leaves are one.
 *
 * Order: a process, then its children with all that is theirs; children as the
 * view has them (by session, process group, pid). Whose parent is not shown
 * stands at the left edge, as a root.
 *
 * Invariant: each process that is selected is in the tree once, or folded into
 * one that is; in a torn snapshot, too, where parents may go round in a circle.
 * Nothing here recurses: a tree may be as deep as the machine has processes.
 *
 * What does not belong here: how it is drawn (view/tree/draw.h,
 * view/picture/picture.h).
 */
#ifndef JIG_VIEW_TREE_TREE_H
#define JIG_VIEW_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/view.h"

#define TREE_NONE UINT32_MAX

/** Which leaves are folded into one when nothing tells them apart. */
enum tree_fold {
	TREE_FOLD_NONE,
	TREE_FOLD_MEMBERS, /* those that lead no process group */
	TREE_FOLD_ALL,
};

struct tree_options {
	pid_t root; /* with all that descends from it; 0: everybody */
	bool kernel; /* the kernel's own threads, too */
	enum tree_fold fold;
	bool arguments; /* by which they are told apart, and not by comm */
};

struct tree_node {
	uint32_t shown; /* in view.shown */
	uint32_t parent; /* in tree.nodes, or TREE_NONE */
	uint32_t depth; /* of a root 0 */
	uint32_t session, group; /* numbers from 0, as they first appear */
	uint32_t count; /* of equal leaves: 1, mostly */
	pid_t last; /* of them, the one with the highest pid */
	bool more; /* a sibling comes behind it */
};

struct tree {
	const struct view *view; /* borrowed */
	struct tree_node *nodes; /* parents before children */
	uint32_t count;
	uint32_t processes, sessions, groups; /* how many are told of */
};

/**
 * Make the tree of what a view shows. Pure.
 *
 * Costs a few sorts and walks, whatever the shape.
 *
 * @view  must stay as long as the tree.
 * @ret   tree_free() it.
 * @return  0; -ESRCH: there is no process options->root; -ENOMEM.
 */
int tree_build(const struct view *view, const struct tree_options *options,
	       struct tree *ret);

/** The process that a node stands for. */
const struct proc_stat *tree_stat(const struct tree *tree, uint32_t node);

/** Put view->shown into the tree's order; the tree has to be unfolded.
 * @return 0 or -ENOMEM. */
int tree_order_view(const struct tree *tree, struct view *view);

/** Accepts a zeroed one. */
void tree_free(struct tree *tree);

#endif
