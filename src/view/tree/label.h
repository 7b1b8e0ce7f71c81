/* SPDX-License-Identifier: MIT */
/*
 * What is written of a process in a tree: its number, its command, notes.
 *
 * Brackets tell sessions and process groups: [4120] leads a session, (4200) a
 * group, 4201 neither. A process is in the session and group of the one above
 * it, unless its notes say otherwise: "in (4200)", "in [4120]".
 *
 * Invariant: printable UTF-8 (view/printable.h). What cannot show more than
 * ASCII passes it through label_to_ascii().
 */
#ifndef JIG_VIEW_TREE_LABEL_H
#define JIG_VIEW_TREE_LABEL_H

#include <stdbool.h>

#include "view/tree/tree.h"

/** What a fixture's guard is to people, when it is a job's. */
struct tree_job {
	pid_t guard;
	char name[80]; /* "%1 web" */
};

struct tree_labels {
	const struct tree *tree;
	const struct list *jobs; /* of struct tree_job; NULL: none */
	bool arguments; /* and not comm alone */
};

/** "[4120 pts/3]", "(4200)", "4201"; of three "3×(4300…4310)". */
void label_add_number(const struct tree_labels *labels, uint32_t node,
		      struct buffer *ret);

/** Its name, or with arguments; at most @limit columns. */
void label_add_command(const struct tree_labels *labels, uint32_t node,
		       size_t limit, struct buffer *ret);

/** " {4 threads} <stopped> in (4200)", each with a blank before it. */
void label_add_notes(const struct tree_labels *labels, uint32_t node,
		     struct buffer *ret);

/** "fixture jig-4100 %1 web" of a supervisor; nothing of others. */
void label_add_fixture(const struct tree_labels *labels, uint32_t node,
		       struct buffer *ret);

/** What has no ASCII of its own becomes '?', from @start on. */
void label_to_ascii(struct buffer *text, size_t start);

#endif
