// SPDX-License-Identifier: MIT
/* A picture in the language of graphviz. */
#include <errno.h>

#include "view/picture/picture.h"

static const char head[] =
	"digraph jig {\n"
	"\tgraph [rankdir=LR, compound=true, fontname=\"monospace\", "
	"fontsize=10, ranksep=0.6, nodesep=0.15];\n"
	"\tnode [shape=box, style=\"filled\", fillcolor=\"#ffffff\", "
	"fontname=\"monospace\", fontsize=10, height=0.3];\n"
	"\tedge [arrowsize=0.6, color=\"#57606a\"];\n";

/* The text is printable, so only these two characters need a backslash. */
static void picture_dot_add_quoted(struct buffer *ret,
				   const struct buffer *text)
{
	buffer_add(ret, "\"", 1);
	for (size_t i = 0; i < text->used; i++) {
		if (text->text[i] == '"' || text->text[i] == '\\')
			buffer_add(ret, "\\", 1);
		buffer_add(ret, text->text + i, 1);
	}
	buffer_add(ret, "\"", 1);
	if (text->error)
		ret->error = text->error;
}

static void add_node(const struct picture *picture, uint32_t node,
		     struct buffer *ret)
{
	const struct proc_stat *stat = tree_stat(picture->labels->tree, node);
	struct buffer label = { 0 };

	picture_add_label(picture->labels, node, &label);
	buffer_printf(ret, "\t\t\tp%d [label=", stat->pid);
	picture_dot_add_quoted(ret, &label);
	if (stat->pid == stat->sid)
		buffer_printf(ret, ", fillcolor=\"#ddf4ff\"");
	else if (stat->pid == stat->pgid)
		buffer_printf(ret, ", fillcolor=\"#fff8c5\"");
	buffer_printf(ret, "];\n");
	buffer_free(&label);
}

static void picture_dot_add_group(const struct picture *picture, uint32_t index,
				  struct buffer *ret)
{
	const struct picture_group *group = &picture->groups[index];

	buffer_printf(ret,
		      "\t\tsubgraph cluster_g%u {\n"
		      "\t\t\tlabel=\"group %d%s\"; style=\"rounded,filled\"; "
		      "fillcolor=\"#ffffff\"; color=\"%s\";\n",
		      index, group->pgid,
		      group->foreground ? " (foreground)" : "",
		      group->foreground ? "#1a7f37" : "#8c959f");
	for (uint32_t i = 0; i < group->count; i++)
		add_node(picture, picture->rows[group->first + i].node, ret);
	buffer_printf(ret, "\t\t}\n");
}

/* With an edge to the foreground group, if it is in the picture. */
static void add_terminal(const struct picture *picture, uint32_t index,
			 struct buffer *ret)
{
	const struct picture_session *session = &picture->sessions[index];
	const struct tree *tree = picture->labels->tree;
	struct buffer name = { 0 };

	if (session->tty == 0)
		return;
	picture_add_terminal(picture, session, &name);
	buffer_printf(ret, "\t\tt%u [shape=cds, fillcolor=\"#dafbe1\", label=",
		      index);
	picture_dot_add_quoted(ret, &name);
	buffer_printf(ret, "];\n");
	buffer_free(&name);
	for (uint32_t i = 0; i < session->count; i++) {
		uint32_t number = session->first + i;
		const struct picture_group *group = &picture->groups[number];

		if (!group->foreground)
			continue;
		buffer_printf(
			ret,
			"\t\tt%u -> p%d [lhead=cluster_g%u, "
			"color=\"#1a7f37\", constraint=false];\n",
			index,
			tree_stat(tree, picture->rows[group->first].node)->pid,
			number);
	}
}

static void add_session(const struct picture *picture, uint32_t index,
			struct buffer *ret)
{
	const struct picture_session *session = &picture->sessions[index];

	buffer_printf(ret,
		      "\tsubgraph cluster_s%u {\n"
		      "\t\tlabel=\"session %d\"; style=\"rounded,filled\"; "
		      "fillcolor=\"#f6f8fa\"; color=\"#57606a\"; "
		      "penwidth=1.5;\n",
		      index, session->sid);
	for (uint32_t i = 0; i < session->count; i++)
		picture_dot_add_group(picture, session->first + i, ret);
	add_terminal(picture, index, ret);
	buffer_printf(ret, "\t}\n");
}

static void add_edges(const struct tree *tree, struct buffer *ret)
{
	for (uint32_t i = 0; i < tree->count; i++)
		if (tree->nodes[i].parent != TREE_NONE)
			buffer_printf(
				ret, "\tp%d -> p%d;\n",
				tree_stat(tree, tree->nodes[i].parent)->pid,
				tree_stat(tree, i)->pid);
}

int picture_add_dot(const struct tree_labels *labels, struct buffer *ret)
{
	CLEANUP(picture_free) struct picture picture = { 0 };

	if (picture_arrange(labels, &picture) < 0)
		return -ENOMEM;
	buffer_printf(ret, "%s", head);
	for (uint32_t i = 0; i < picture.session_count; i++)
		add_session(&picture, i, ret);
	add_edges(labels->tree, ret);
	buffer_printf(ret, "}\n");
	return ret->error;
}
