/* SPDX-License-Identifier: MIT */
/*
 * The label of a process in a tree: its number, its command, notes.
 *
 * Brackets mark leaders: [4120] leads a session, (4200) a process group, 4201
 * neither. A process is in the session and group of its parent in the tree,
 * unless its notes differ: "in (4200)", "in [4120]".
 *
 * Invariant: printable UTF-8 (view/printable.h); label_to_ascii() makes ASCII
 * of it. Branches and colours do not belong here.
 */
#ifndef JIG_VIEW_TREE_LABEL_H
#define JIG_VIEW_TREE_LABEL_H

#include <stdbool.h>

#include "view/tree/tree.h"

/** The job whose keeper is this guard. */
struct tree_job {
	pid_t guard;
	char name[80]; /* "%1 web" */
};

struct tree_labels {
	const struct tree *tree;
	const struct list *jobs; /* of struct tree_job; NULL: none */
	bool arguments; /* instead of comm */
};

/** "[4120 pts/3]", "(4200)", "4201"; three equal leaves: "3×(4300…4310)". */
void label_add_number(const struct tree_labels *labels, uint32_t node,
		      struct buffer *ret);

/** Its comm, or its arguments; at most @limit columns. */
void label_add_command(const struct tree_labels *labels, uint32_t node,
		       size_t limit, struct buffer *ret);

/** " {4 threads} <stopped> in (4200)", each with a space before it. */
void label_add_notes(const struct tree_labels *labels, uint32_t node,
		     struct buffer *ret);

/** "fixture jig-4100 %1 web" for a supervisor; nothing for others. */
void label_add_fixture(const struct tree_labels *labels, uint32_t node,
		       struct buffer *ret);

/** From @start on, replace what is not ASCII, by '?' if there is no better. */
void label_to_ascii(struct buffer *text, size_t start);

#endif
