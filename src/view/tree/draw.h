/* SPDX-License-Identifier: MIT */
/*
 * A tree as lines of text.
 *
 * Invariant: with colours the text is the same as without; a line is never
 * wider than the width, and nothing on it moves a cursor.
 */
#ifndef JIG_VIEW_TREE_DRAW_H
#define JIG_VIEW_TREE_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "view/tree/label.h"

struct tree_style {
	struct tree_labels labels;
	size_t width; /* columns; 0: any number */
	bool ascii; /* nothing but ASCII */
	bool colour;
};

/**
 * Levels that a line shows when its width is not limited. Of a deeper process
 * the outer ones are left out, and counted in front: "…9900 │ └─", so that a
 * picture grows with its processes and not with their depth as well.
 */
#define TREE_DRAW_LEVELS 100

/** Add the line of the @index-th node, with its newline. */
void tree_draw_line(const struct tree_style *style, uint32_t index,
		    struct buffer *ret);

#endif
