/* SPDX-License-Identifier: MIT */
/* Sizes that the layout and the SVG of a picture share, in pixels. */
#ifndef JIG_VIEW_PICTURE_PARTS_H
#define JIG_VIEW_PICTURE_PARTS_H

#include "view/picture/picture.h"

enum {
	PICTURE_MARGIN = 16, /* around the picture */
	PICTURE_TITLE = 30, /* height of the title */
	PICTURE_TITLE_WIDTH = 420, /* at least */
	PICTURE_PAD = 8, /* in a box, around its contents */
	PICTURE_NODE = 22, /* height of a node */
	PICTURE_ROW_GAP = 5, /* between nodes */
	PICTURE_INDENT = 24, /* more than PAD and STEM: edges pass between */
	PICTURE_STEM = 10, /* where an edge leaves a node, from its left */
	PICTURE_GROUP_HEAD = 22,
	PICTURE_GROUP_GAP = 8,
	PICTURE_GROUP_LABEL = 180, /* "group 4194304 · foreground" */
	PICTURE_SESSION_HEAD = 30,
	PICTURE_SESSION_GAP = 16,
	PICTURE_SESSION_LABEL = 230, /* and the terminal's name */
	PICTURE_TTY_LANE = 10, /* at the right of the groups */
	PICTURE_CORRIDOR = 64, /* between columns, for edges */
	PICTURE_LANES = 6, /* in a corridor */
	PICTURE_COLUMN_10TH = 73, /* a character's width, in tenths */
	PICTURE_TEXT_X = 8, /* of a node's text */
};

/** The width of a printable text in the font of nodes. */
int picture_text_width(const struct buffer *text);

#endif
