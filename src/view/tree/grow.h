/* SPDX-License-Identifier: MIT */
/* A tree while it is made: in view/tree only. */
#ifndef JIG_VIEW_TREE_GROW_H
#define JIG_VIEW_TREE_GROW_H

#include "view/tree/tree.h"

/** A process of the tree whose place is not known yet. */
struct sprout {
	uint32_t shown; /* in view.shown */
	uint32_t parent, first, next; /* sprouts, or TREE_NONE */
	uint32_t count; /* as in struct tree_node */
	pid_t last;
	bool folded; /* another one stands for it */
	bool placed; /* in tree.nodes already, as */
	uint32_t node;
};

struct growth {
	const struct view *view;
	const struct tree_options *options;
	struct sprout *sprouts;
	uint32_t count;
};

static inline const struct view_process *sprout_process(
	const struct growth *growth, uint32_t index)
{
	return view_at(growth->view, growth->sprouts[index].shown);
}

static inline const struct proc_stat *sprout_stat(const struct growth *growth,
						  uint32_t index)
{
	return view_stat(growth->view, sprout_process(growth, index));
}

/** Fold equal leaves: one sort of all leaves. @return 0 or -ENOMEM. */
int growth_fold(struct growth *growth);

/** Give nodes the numbers of their parts: one sort. @return 0 or -ENOMEM. */
int tree_number_parts(struct tree *tree);

#endif
