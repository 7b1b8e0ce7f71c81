/* SPDX-License-Identifier: MIT */
/*
 * A tree as lines of text.
 *
 * Invariant: the text is the same with colours and without; a line is never
 * wider than the width, and has no sequence that moves the cursor.
 */
#ifndef JIG_VIEW_TREE_DRAW_H
#define JIG_VIEW_TREE_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "view/tree/label.h"

struct tree_style {
	struct tree_labels labels;
	size_t width; /* columns; 0: any number */
	bool ascii; /* only ASCII */
	bool colour;
};

/**
 * Levels that a line shows if its width is not limited. For a deeper process
 * the outer levels are omitted, and their number stands in front: "…9900 │ └─".
 * So the size of a tree grows with its processes, not also with their depth.
 */
#define TREE_DRAW_LEVELS 100

/** Add the line of the @index-th node, with its newline. */
void tree_draw_line(const struct tree_style *style, uint32_t index,
		    struct buffer *ret);

#endif
