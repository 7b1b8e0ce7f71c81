/* SPDX-License-Identifier: MIT */
/*
 * Building the tree of a view's processes: parents, order, folded leaves.
 *
 * Order: a process, then its children, each with all its descendants; children
 * in the order of the view (by session, process group, pid). A process whose
 * parent is not shown is a root, at the left edge.
 *
 * Invariant: each selected process is in the tree once, or folded into a node.
 * This also holds for a torn snapshot, where parents may form a circle. No
 * function here recurses: a tree may be as deep as the machine has processes.
 */
#ifndef JIG_VIEW_TREE_BUILD_H
#define JIG_VIEW_TREE_BUILD_H

#include "view/tree/tree.h"

/** Which equal leaves of one parent are folded into one. */
enum tree_fold {
	TREE_FOLD_NONE,
	TREE_FOLD_MEMBERS, /* those that do not lead a process group */
	TREE_FOLD_ALL,
};

struct tree_options {
	pid_t root; /* it and its descendants; 0: all processes */
	bool kernel; /* with kernel threads */
	enum tree_fold fold;
	bool arguments; /* leaves are equal by arguments, not by comm */
};

/**
 * Build the tree of the processes that a view shows. Pure.
 *
 * Cost: some sorts and walks, for any shape.
 *
 * @view  must outlive the tree.
 * @ret   tree_free() it.
 * @return  0; -ESRCH: there is no process options->root; -ENOMEM.
 */
int tree_build(const struct view *view, const struct tree_options *options,
	       struct tree *ret);

#endif
