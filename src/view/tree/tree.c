// SPDX-License-Identifier: MIT
#include "view/tree/tree.h"

#include <errno.h>
#include <stdlib.h>

const struct proc_stat *tree_stat(const struct tree *tree, uint32_t node)
{
	return view_stat(tree->view,
			 view_at(tree->view, tree->nodes[node].shown));
}

int tree_order_view(const struct tree *tree, struct view *view)
{
	struct list shown = { 0 };

	for (uint32_t i = 0; i < tree->count; i++)
		if (list_append(&shown, view_at(view, tree->nodes[i].shown),
				sizeof(struct view_process)) < 0) {
			list_free(&shown);
			return -ENOMEM;
		}
	list_free(&view->shown);
	view->shown = shown;
	return 0;
}

void tree_free(struct tree *tree)
{
	free(tree->nodes);
	*tree = (struct tree){ 0 };
}
