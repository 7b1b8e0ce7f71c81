/* SPDX-License-Identifier: MIT */
/*
 * A tree of processes, as a list of nodes; view/tree/build.h makes it.
 *
 * Invariant: parents come before their children.
 *
 * Drawing does not belong here: view/tree/draw.h, view/picture/picture.h.
 */
#ifndef JIG_VIEW_TREE_TREE_H
#define JIG_VIEW_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/view.h"

#define TREE_NONE UINT32_MAX

struct tree_node {
	uint32_t shown; /* in view.shown */
	uint32_t parent; /* in tree.nodes, or TREE_NONE */
	uint32_t depth; /* 0: a root */
	uint32_t session, group; /* numbers from 0, in order of appearance */
	uint32_t count; /* number of equal leaves; mostly 1 */
	pid_t last; /* the highest pid of these leaves */
	bool more; /* a sibling follows */
};

struct tree {
	const struct view *view; /* borrowed */
	struct tree_node *nodes; /* parents before children */
	uint32_t count;
	uint32_t processes, sessions, groups; /* their numbers */
};

/** The process of a node. */
const struct proc_stat *tree_stat(const struct tree *tree, uint32_t node);

/** Sort view->shown in the tree's order; the tree must not be folded.
 * @return 0 or -ENOMEM. */
int tree_order_view(const struct tree *tree, struct view *view);

/** Accepts a zeroed tree. */
void tree_free(struct tree *tree);

#endif
