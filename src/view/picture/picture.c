// SPDX-License-Identifier: MIT
#include "view/picture/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/printable.h"
#include "view/tty_name.h"

/* Limit of the command in a node; its title has the whole. */
#define COMMAND_COLUMNS 48

static const struct tree_node *picture_node_at(const struct picture *picture,
					       uint32_t node)
{
	return &picture->labels->tree->nodes[node];
}

/* A node, for sorting rows. */
struct picture_place {
	uint32_t session, group, node;
};

static int picture_compare_places(const void *a, const void *b)
{
	const struct picture_place *x = a, *y = b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static int add_rows(struct picture *picture)
{
	const struct tree *tree = picture->labels->tree;
	CLEANUP_FREE struct picture_place *places =
		calloc(tree->count + 1U, sizeof(*places));

	if (!places)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->count; i++)
		places[i] = (struct picture_place){ tree->nodes[i].session,
						    tree->nodes[i].group, i };
	qsort(places, tree->count, sizeof(*places), picture_compare_places);
	for (uint32_t i = 0; i < tree->count; i++) {
		picture->rows[i].node = places[i].node;
		picture->row_of[places[i].node] = i;
	}
	picture->row_count = tree->count;
	return 0;
}

/* The session that has started it comes before it in the order of the nodes. */
static void begin_session(struct picture *picture, uint32_t node)
{
	struct picture_session *session =
		&picture->sessions[picture->session_count++];

	*session = (struct picture_session){
		.sid = tree_stat(picture->labels->tree, node)->sid,
		.parent = TREE_NONE,
		.first = picture->group_count,
	};
}

static void begin_group(struct picture *picture, uint32_t row)
{
	const struct proc_stat *stat =
		tree_stat(picture->labels->tree, picture->rows[row].node);
	uint32_t session = picture->session_count - 1;

	picture->groups[picture->group_count++] = (struct picture_group){
		.pgid = stat->pgid,
		.session = session,
		.first = row,
		.foreground = view_is_foreground(stat),
	};
	picture->sessions[session].count++;
}

static void picture_add_parts(struct picture *picture)
{
	const struct tree_node *before = NULL;

	for (uint32_t i = 0; i < picture->row_count; i++) {
		uint32_t node = picture->rows[i].node;
		const struct tree_node *at = picture_node_at(picture, node);
		int tty = tree_stat(picture->labels->tree, node)->tty;

		if (!before || at->session != before->session)
			begin_session(picture, node);
		if (!before || at->group != before->group)
			begin_group(picture, i);
		picture->groups[picture->group_count - 1].count++;
		if (picture->sessions[at->session].tty == 0)
			picture->sessions[at->session].tty = tty;
		before = at;
	}
}

/* A session was started by the parent of its first node, which may be in any of
 * its groups. Nodes come after their parents, so this order gives the depths.
 */
static void relate(struct picture *picture)
{
	const struct tree *tree = picture->labels->tree;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < tree->count; i++) {
		const struct tree_node *at = &tree->nodes[i];
		const struct tree_node *above =
			at->parent == TREE_NONE ? NULL
						: &tree->nodes[at->parent];
		struct picture_session *session =
			&picture->sessions[at->session];

		if (above && above->session == at->session)
			picture->rows[picture->row_of[i]].indent =
				picture->rows[picture->row_of[at->parent]]
					.indent +
				1;
		if (at->session < seen)
			continue;
		seen = at->session + 1;
		if (!above)
			continue;
		session->parent = above->session;
		session->depth = picture->sessions[above->session].depth + 1;
	}
}

int picture_arrange(const struct tree_labels *labels, struct picture *ret)
{
	const struct tree *tree = labels->tree;
	struct picture picture = {
		.labels = labels,
		.sessions =
			calloc(tree->sessions + 1U, sizeof(*picture.sessions)),
		.groups = calloc(tree->groups + 1U, sizeof(*picture.groups)),
		.rows = calloc(tree->count + 1U, sizeof(*picture.rows)),
		.row_of = calloc(tree->count + 1U, sizeof(*picture.row_of)),
	};

	if (!picture.sessions || !picture.groups || !picture.rows ||
	    !picture.row_of || add_rows(&picture) < 0) {
		picture_free(&picture);
		return -ENOMEM;
	}
	picture_add_parts(&picture);
	relate(&picture);
	*ret = picture;
	return 0;
}

void picture_free(struct picture *picture)
{
	free(picture->sessions);
	free(picture->groups);
	free(picture->rows);
	free(picture->row_of);
	*picture = (struct picture){ 0 };
}

/* The last column of a cut command is "…". */
static void picture_add_command(const struct tree_labels *labels, uint32_t node,
				struct buffer *ret)
{
	struct buffer text = { 0 };
	size_t size;

	label_add_command(labels, node, COMMAND_COLUMNS + 1, &text);
	if (text.used == 0)
		return;
	size = printable_cut(text.text, text.used, COMMAND_COLUMNS);
	if (size < text.used)
		size = printable_cut(text.text, text.used, COMMAND_COLUMNS - 1);
	buffer_add(ret, text.text, size);
	if (size < text.used)
		buffer_add(ret, "…", strlen("…"));
	buffer_free(&text);
}

void picture_add_label(const struct tree_labels *labels, uint32_t node,
		       struct buffer *ret)
{
	size_t start;

	label_add_number(labels, node, ret);
	if (view_is_foreground(tree_stat(labels->tree, node)))
		buffer_add(ret, "+", 1);
	buffer_add(ret, " ", 1);
	picture_add_command(labels, node, ret);
	label_add_notes(labels, node, ret);
	start = ret->used;
	buffer_add(ret, " ", 1);
	label_add_fixture(labels, node, ret);
	if (!ret->error && ret->used == start + 1)
		ret->text[ret->used = start] = '\0';
}

void picture_add_terminal(const struct picture *picture,
			  const struct picture_session *session,
			  struct buffer *ret)
{
	const char *drivers = picture->labels->tree->view->drivers;
	char name[TTY_NAME_SIZE];

	if (session->tty == 0)
		return;
	(void)tty_name(drivers ? drivers : "", session->tty, name);
	(void)printable_add(ret, name, strlen(name), SIZE_MAX);
}
