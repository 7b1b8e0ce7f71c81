/* SPDX-License-Identifier: MIT */
/*
 * A tree as a picture: processes as nodes, process groups as boxes around them,
 * sessions as larger boxes with their terminal.
 *
 * Invariant: nodes do not overlap, nor do boxes of one kind; each box contains
 * its contents. The time grows with the number of processes, for any shape of
 * the tree.
 */
#ifndef JIG_VIEW_PICTURE_PICTURE_H
#define JIG_VIEW_PICTURE_PICTURE_H

#include <stdint.h>

#include "view/tree/label.h"

/** In pixels. */
struct picture_box {
	int x, y, width, height;
};

/** A node of the tree. */
struct picture_row {
	uint32_t node; /* in tree.nodes */
	uint32_t indent; /* number of ancestors in its session */
	struct picture_box box;
};

struct picture_group {
	pid_t pgid;
	uint32_t session; /* in picture.sessions */
	uint32_t first, count; /* of picture.rows */
	bool foreground;
	struct picture_box box;
};

struct picture_session {
	pid_t sid;
	int tty; /* 0: none */
	uint32_t parent; /* the session that has started it, or TREE_NONE */
	uint32_t depth;
	uint32_t first, count; /* of picture.groups */
	int below; /* pixels: with all sessions that it has started */
	struct picture_box box;
};

struct picture {
	const struct tree_labels *labels;
	struct picture_session *sessions; /* parents before children */
	struct picture_group *groups; /* by session */
	struct picture_row *rows; /* by group */
	uint32_t *row_of; /* the row of each of tree.nodes */
	uint32_t session_count, group_count, row_count;
	int width, height;
};

/** Sort a tree into sessions and groups; all boxes are zero.
 * @ret  picture_free() it. @return 0 or -ENOMEM. */
int picture_arrange(const struct tree_labels *labels, struct picture *ret);

/** Compute each box: layout.c. @return 0 or -ENOMEM. */
int picture_lay_out(struct picture *picture);

/** Accepts a zeroed picture. */
void picture_free(struct picture *picture);

/** The text of a node: "(4200)+ make {2 threads}". */
void picture_add_label(const struct tree_labels *labels, uint32_t node,
		       struct buffer *ret);

/** "pts/3"; "" without a terminal. */
void picture_add_terminal(const struct picture *picture,
			  const struct picture_session *session,
			  struct buffer *ret);

/**
 * Append an SVG 1.1 document: self-contained, without scripts, readable on
 * light and on dark background. @return 0 or -ENOMEM.
 */
int picture_add_svg(const struct tree_labels *labels, struct buffer *ret);

/** Append a graph for graphviz, see dot(1). @return 0 or -ENOMEM. */
int picture_add_dot(const struct tree_labels *labels, struct buffer *ret);

#endif
