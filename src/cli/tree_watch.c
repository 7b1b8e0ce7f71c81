// SPDX-License-Identifier: MIT
#include "cli/tree.h"
int tree_watch(struct tree_settings *settings)
{
	return tree_show(settings);
}
