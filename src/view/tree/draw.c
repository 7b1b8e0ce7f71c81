// SPDX-License-Identifier: MIT
#include "view/tree/draw.h"

#include <string.h>

#include "view/columns/columns.h"
#include "view/printable.h"

/* The parts of branches, each two columns wide. */
struct glyphs {
	const char *child, *last, *through, *blank;
};

static const struct glyphs boxes = { "├─", "└─", "│ ", "  " };
static const struct glyphs ascii = { "|-", "`-", "| ", "  " };

#define LEVEL_COLUMNS 2

/* SGR parameters (ECMA-48). Sessions use them in turn. */
static const char *const session_colours[] = { "36", "33", "35", "34", "32" };

#define SESSION_COLOURS (sizeof(session_colours) / sizeof(*session_colours))
#define COLOUR_BRANCH "2"
#define COLOUR_FOREGROUND "1;32"
#define COLOUR_FIXTURE "1;35"
#define COLOUR_NOTE "2"

/* A line under construction. */
struct pen {
	const struct tree_style *style;
	struct buffer *out;
	size_t left; /* columns */
	struct buffer *piece; /* the next part */
};

/* Append pen->piece in these colours; "": none. */
static void tree_draw_put(struct pen *pen, const char *first,
			  const char *second)
{
	struct buffer *piece = pen->piece;
	bool colour = pen->style->colour && (*first || *second);

	if (piece->used == 0 || pen->left == 0)
		return;
	if (pen->style->ascii)
		label_to_ascii(piece, 0);
	if (colour)
		buffer_printf(pen->out, "\033[%s%s%sm", first,
			      *first && *second ? ";" : "", second);
	pen->left -=
		printable_add(pen->out, piece->text, piece->used, pen->left);
	if (colour)
		buffer_printf(pen->out, "\033[0m");
	piece->used = 0;
}

static void tree_draw_put_text(struct pen *pen, const char *text,
			       const char *colour)
{
	buffer_add(pen->piece, text, strlen(text));
	tree_draw_put(pen, colour, "");
}

/* Number of levels that fit: half of the line is for the process. */
static uint32_t levels_of(const struct tree_style *style)
{
	size_t levels = style->width / 2 / LEVEL_COLUMNS;

	if (style->width == 0 || levels > TREE_DRAW_LEVELS)
		return TREE_DRAW_LEVELS;
	return levels > 1 ? (uint32_t)levels : 1;
}

static void put_branches(struct pen *pen, uint32_t index)
{
	const struct tree_node *nodes = pen->style->labels.tree->nodes;
	const struct glyphs *glyphs = pen->style->ascii ? &ascii : &boxes;
	const char *levels[TREE_DRAW_LEVELS];
	uint32_t room = levels_of(pen->style), count = 0;
	uint32_t depth = nodes[index].depth;

	if (depth == 0)
		return;
	levels[count++] = nodes[index].more ? glyphs->child : glyphs->last;
	for (uint32_t at = nodes[index].parent;
	     count < room && nodes[at].depth > 0; at = nodes[at].parent)
		levels[count++] =
			nodes[at].more ? glyphs->through : glyphs->blank;
	if (depth > count) {
		buffer_add(pen->piece, "…", strlen("…"));
		(void)cell_number(pen->piece, depth - count);
		buffer_add(pen->piece, " ", 1);
	}
	while (count-- > 0)
		buffer_add(pen->piece, levels[count], strlen(levels[count]));
	/* The ASCII glyphs never become '?'. */
	tree_draw_put(pen, COLOUR_BRANCH, "");
}

static void put_process(struct pen *pen, uint32_t index)
{
	const struct tree_labels *labels = &pen->style->labels;
	const struct proc_stat *stat = tree_stat(labels->tree, index);
	uint32_t session = labels->tree->nodes[index].session;

	label_add_number(labels, index, pen->piece);
	tree_draw_put(pen, stat->pid == stat->pgid ? "1" : "",
		      session_colours[session % SESSION_COLOURS]);
	if (view_is_foreground(stat))
		tree_draw_put_text(pen, "+", COLOUR_FOREGROUND);
	tree_draw_put_text(pen, " ", "");
	label_add_command(labels, index, pen->left, pen->piece);
	tree_draw_put(pen, "", "");
	label_add_notes(labels, index, pen->piece);
	tree_draw_put(pen, COLOUR_NOTE, "");
	label_add_fixture(labels, index, pen->piece);
	if (pen->piece->used == 0)
		return;
	buffer_add(pen->out, " ", pen->left > 0 ? 1 : 0);
	pen->left -= pen->left > 0 ? 1 : 0;
	tree_draw_put(pen, COLOUR_FIXTURE, "");
}

void tree_draw_line(const struct tree_style *style, uint32_t index,
		    struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer piece = { 0 };
	struct pen pen = { style, ret, style->width ? style->width : SIZE_MAX,
			   &piece };

	put_branches(&pen, index);
	put_process(&pen, index);
	buffer_add(ret, "\n", 1);
	if (piece.error)
		ret->error = piece.error;
}
