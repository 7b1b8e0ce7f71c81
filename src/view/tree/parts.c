// SPDX-License-Identifier: MIT
/* Number the sessions and process groups of a tree in order of appearance. */
#include <errno.h>
#include <stdlib.h>

#include "view/tree/grow.h"

struct part {
	pid_t sid, pgid;
	uint32_t node;
};

static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->sid != y->sid)
		return x->sid < y->sid ? -1 : 1;
	if (x->pgid != y->pgid)
		return x->pgid < y->pgid ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* First set a node's session and group to the first node in them;
 * number_parts() then makes numbers of these. */
static void find_firsts(struct tree *tree, const struct part *parts)
{
	uint32_t end, first, group = 0;

	for (uint32_t begin = 0; begin < tree->count; begin = end) {
		first = parts[begin].node;
		for (end = begin;
		     end < tree->count && parts[end].sid == parts[begin].sid;
		     end++)
			if (parts[end].node < first)
				first = parts[end].node;
		for (uint32_t i = begin; i < end; i++) {
			if (i == begin || parts[i].pgid != parts[i - 1].pgid)
				group = parts[i].node;
			tree->nodes[parts[i].node].session = first;
			tree->nodes[parts[i].node].group = group;
		}
	}
}

/* A first node comes before all nodes that point to it: it has its number. */
static void number_parts(struct tree *tree)
{
	struct tree_node *nodes = tree->nodes;

	for (uint32_t i = 0; i < tree->count; i++) {
		nodes[i].session = nodes[i].session == i
					   ? tree->sessions++
					   : nodes[nodes[i].session].session;
		nodes[i].group = nodes[i].group == i
					 ? tree->groups++
					 : nodes[nodes[i].group].group;
	}
}

int tree_number_parts(struct tree *tree)
{
	CLEANUP_FREE struct part *parts =
		calloc(tree->count + 1U, sizeof(*parts));

	if (!parts)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct proc_stat *stat = tree_stat(tree, i);

		parts[i] = (struct part){ stat->sid, stat->pgid, i };
	}
	qsort(parts, tree->count, sizeof(*parts), compare_parts);
	find_firsts(tree, parts);
	number_parts(tree);
	return 0;
}
