/* SPDX-License-Identifier: MIT */
/* A tree under construction: shared by build.c, fold.c and parts.c only. */
#ifndef JIG_VIEW_TREE_GROW_H
#define JIG_VIEW_TREE_GROW_H

#include "view/tree/build.h"

/** A process that will be a node. */
struct sprout {
	uint32_t shown; /* in view.shown */
	uint32_t parent, first, next; /* sprouts, or TREE_NONE */
	uint32_t count; /* as in struct tree_node */
	pid_t last;
	bool folded; /* into another one */
	bool placed; /* in tree.nodes, as `node` */
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

/** Fold equal leaves. Cost: one sort of all leaves. @return 0 or -ENOMEM. */
int growth_fold(struct growth *growth);

/** Number sessions and groups. Cost: one sort. @return 0 or -ENOMEM. */
int tree_number_parts(struct tree *tree);

#endif
