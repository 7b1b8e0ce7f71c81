// SPDX-License-Identifier: MIT
/* A picture as an SVG document. */
#include <errno.h>
#include <string.h>

#include "view/picture/parts.h"
#include "view/picture/picture.h"
#include "view/printable.h"

/* Viewers without media queries show the light colours, on a background. */
static const char style[] =
	"<style>\n"
	"text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,"
	"monospace;font-size:12px;fill:#1f2328}\n"
	".ground{fill:#ffffff}\n"
	".session{fill:#f3f5f8;stroke:#57606a;stroke-width:1.5}\n"
	".group{fill:#ffffff;stroke:#afb8c1}\n"
	".foreground{stroke:#1a7f37;stroke-width:2}\n"
	".node{fill:#ffffff;stroke:#8c959f}\n"
	".leads-session{fill:#ddf4ff;stroke:#0969da}\n"
	".leads-group{fill:#fff8c5;stroke:#9a6700}\n"
	".fixture{fill:#fbefff;stroke:#8250df}\n"
	".tty{fill:#dafbe1;stroke:#1a7f37}\n"
	".edge{fill:none;stroke:#6e7781;stroke-width:1.3;"
	"stroke-linejoin:round}\n"
	".far{stroke-dasharray:4 3}\n"
	".line{fill:none;stroke:#1a7f37;stroke-width:1.5}\n"
	".small{font-size:11px;fill:#57606a}\n"
	".title{font-size:14px;font-weight:bold}\n"
	"@media (prefers-color-scheme:dark){\n"
	"text{fill:#e6edf3}\n"
	".ground{fill:#0d1117}\n"
	".session{fill:#161b22;stroke:#8b949e}\n"
	".group{fill:#0d1117;stroke:#484f58}\n"
	".foreground{stroke:#3fb950}\n"
	".node{fill:#161b22;stroke:#6e7681}\n"
	".leads-session{fill:#0c2d6b;stroke:#58a6ff}\n"
	".leads-group{fill:#3b2f0b;stroke:#d29922}\n"
	".fixture{fill:#3c1e70;stroke:#bc8cff}\n"
	".tty{fill:#0f2d18;stroke:#3fb950}\n"
	".edge{stroke:#8b949e}\n"
	".line{stroke:#3fb950}\n"
	".small{fill:#9da7b1}\n"
	"}\n"
	"</style>\n";

/* A document under construction. */
struct canvas {
	const struct picture *picture;
	struct buffer *out;
	struct buffer text; /* the next text */
};

/* XML does not allow U+FFFE and U+FFFF, which are printable. */
static size_t add_escaped_one(struct buffer *ret, const char *text)
{
	static const struct {
		const char *from, *to;
	} pairs[] = {
		{ "&", "&amp;" },	 { "<", "&lt;" },
		{ ">", "&gt;" },	 { "\"", "&quot;" },
		{ "\xef\xbf\xbe", "?" }, { "\xef\xbf\xbf", "?" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t size = strlen(pairs[i].from);

		if (strncmp(text, pairs[i].from, size) != 0)
			continue;
		buffer_add(ret, pairs[i].to, strlen(pairs[i].to));
		return size;
	}
	buffer_add(ret, text, 1);
	return 1;
}

static void add_escaped(struct buffer *ret, const struct buffer *text)
{
	for (size_t i = 0; i < text->used;)
		i += add_escaped_one(ret, text->text + i);
	if (text->error)
		ret->error = text->error;
}

/* Put canvas->text with a fixed width: it stays in its box in any font. */
static void picture_svg_put_text(struct canvas *canvas, const char *class,
				 int x, int y, int width)
{
	buffer_printf(canvas->out,
		      "<text%s%s%s x=\"%d\" y=\"%d\" textLength=\"%d\" "
		      "lengthAdjust=\"spacingAndGlyphs\">",
		      *class ? " class=\"" : "", class, *class ? "\"" : "", x,
		      y, width);
	add_escaped(canvas->out, &canvas->text);
	buffer_printf(canvas->out, "</text>\n");
	canvas->text.used = 0;
}

/* In the small font: 11 instead of 12 pixels. */
static int small_width(const struct canvas *canvas)
{
	return picture_text_width(&canvas->text) * 11 / 12;
}

static void put_rect(struct canvas *canvas, const char *class,
		     const struct picture_box *box, int radius)
{
	buffer_printf(canvas->out,
		      "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
		      "height=\"%d\" rx=\"%d\"/>\n",
		      class, box->x, box->y, box->width, box->height, radius);
}

/* -------------------------------------------------------- sessions, groups */

/* From the terminal's name through the lane to its foreground group. */
static void put_lane(struct canvas *canvas,
		     const struct picture_session *session,
		     const struct picture_box *tag)
{
	const struct picture *picture = canvas->picture;
	int lane = session->box.x + session->box.width - PICTURE_PAD;

	for (uint32_t i = 0; i < session->count; i++) {
		const struct picture_group *group =
			&picture->groups[session->first + i];

		if (group->foreground)
			buffer_printf(canvas->out,
				      "<path class=\"line\" d=\"M%d %dV%dH%d\""
				      "/>\n",
				      lane, tag->y + tag->height,
				      group->box.y + PICTURE_GROUP_HEAD / 2,
				      group->box.x + group->box.width);
	}
}

static void put_terminal(struct canvas *canvas,
			 const struct picture_session *session)
{
	struct picture_box tag = { .y = session->box.y + 5, .height = 18 };
	int width;

	picture_add_terminal(canvas->picture, session, &canvas->text);
	if (canvas->text.used == 0)
		return;
	width = small_width(canvas);
	tag.width = width + 12;
	tag.x = session->box.x + session->box.width - tag.width - 6;
	put_rect(canvas, "tty", &tag, 9);
	put_lane(canvas, session, &tag);
	picture_svg_put_text(canvas, "small", tag.x + 6, tag.y + 13, width);
}

static void put_group(struct canvas *canvas, const struct picture_group *group)
{
	put_rect(canvas, group->foreground ? "group foreground" : "group",
		 &group->box, 5);
	buffer_printf(&canvas->text, "group %d%s", group->pgid,
		      group->foreground ? " · foreground" : "");
	picture_svg_put_text(canvas, "small", group->box.x + PICTURE_PAD,
			     group->box.y + 15, small_width(canvas));
}

static void put_session(struct canvas *canvas,
			const struct picture_session *session)
{
	put_rect(canvas, "session", &session->box, 9);
	buffer_printf(&canvas->text, "session %d", session->sid);
	picture_svg_put_text(canvas, "", session->box.x + PICTURE_PAD + 2,
			     session->box.y + 19,
			     picture_text_width(&canvas->text));
	for (uint32_t i = 0; i < session->count; i++)
		put_group(canvas, &canvas->picture->groups[session->first + i]);
	put_terminal(canvas, session);
}

/* -------------------------------------------------------------------- edges */

static int middle(const struct picture_box *box)
{
	return box->y + box->height / 2;
}

/* In one session: down, at the left of the rows between, and right. */
static void put_branch(struct canvas *canvas, const struct picture_box *from,
		       const struct picture_box *to)
{
	int stem = from->x + PICTURE_STEM;
	int begin = to->y > from->y ? from->y + from->height : from->y;

	buffer_printf(canvas->out, "<path class=\"edge\" d=\"M%d %dV%d", stem,
		      begin, middle(to));
	if (to->x > stem)
		buffer_printf(canvas->out, "H%d", to->x);
	buffer_printf(canvas->out, "\"/>\n");
}

/* To the next column: right, through the corridor, and right. */
static void put_bridge(struct canvas *canvas, uint32_t row,
		       const struct picture_box *to, int corridor)
{
	const struct picture_box *from = &canvas->picture->rows[row].box;
	int lane = corridor - 12 - (int)(row % PICTURE_LANES) * 8;

	buffer_printf(canvas->out,
		      "<path class=\"edge\" d=\"M%d %dH%dV%dH%d\"/>\n",
		      from->x + from->width, middle(from), lane, middle(to),
		      to->x);
}

/* Elsewhere: an orphan that a process of another session has adopted. */
static void put_far(struct canvas *canvas, const struct picture_box *from,
		    const struct picture_box *to)
{
	int x = from->x + from->width, bend = PICTURE_CORRIDOR;

	buffer_printf(canvas->out,
		      "<path class=\"edge far\" d=\"M%d %dC%d %d %d %d %d %d\""
		      "/>\n",
		      x, middle(from), x + bend, middle(from), to->x - bend,
		      middle(to), to->x, middle(to));
}

static void put_edge(struct canvas *canvas, uint32_t node)
{
	const struct picture *picture = canvas->picture;
	const struct tree_node *nodes = picture->labels->tree->nodes;
	uint32_t parent = nodes[node].parent, row;
	const struct picture_session *from, *to;
	const struct picture_box *box =
		&picture->rows[picture->row_of[node]].box;

	if (parent == TREE_NONE)
		return;
	row = picture->row_of[parent];
	from = &picture->sessions[nodes[parent].session];
	to = &picture->sessions[nodes[node].session];
	if (from == to)
		put_branch(canvas, &picture->rows[row].box, box);
	else if (to->parent == nodes[parent].session)
		put_bridge(canvas, row, box, to->box.x);
	else
		put_far(canvas, &picture->rows[row].box, box);
}

/* -------------------------------------------------------------------- nodes */

static const char *class_of(const struct tree_labels *labels, uint32_t node,
			    bool is_fixture)
{
	const struct proc_stat *stat = tree_stat(labels->tree, node);

	if (is_fixture)
		return "node fixture";
	if (stat->pid == stat->sid)
		return "node leads-session";
	return stat->pid == stat->pgid ? "node leads-group" : "node";
}

/* A tooltip. */
static void put_title(struct canvas *canvas, uint32_t node)
{
	const struct tree_labels *labels = canvas->picture->labels;
	const struct proc_stat *stat = tree_stat(labels->tree, node);

	buffer_printf(canvas->out,
		      "<title>pid %d, parent %d, group %d, session %d: ",
		      stat->pid, stat->ppid, stat->pgid, stat->sid);
	label_add_command(labels, node, 1000, &canvas->text);
	add_escaped(canvas->out, &canvas->text);
	canvas->text.used = 0;
	buffer_printf(canvas->out, "</title>\n");
}

static void put_node(struct canvas *canvas, const struct picture_row *row)
{
	const struct tree_labels *labels = canvas->picture->labels;
	bool is_fixture;

	label_add_fixture(labels, row->node, &canvas->text);
	is_fixture = canvas->text.used > 0;
	canvas->text.used = 0;
	buffer_printf(canvas->out, "<g>\n");
	put_title(canvas, row->node);
	put_rect(canvas, class_of(labels, row->node, is_fixture), &row->box, 4);
	picture_add_label(labels, row->node, &canvas->text);
	picture_svg_put_text(canvas, "", row->box.x + PICTURE_TEXT_X,
			     row->box.y + 15,
			     row->box.width - 2 * PICTURE_TEXT_X);
	buffer_printf(canvas->out, "</g>\n");
}

/* ---------------------------------------------------------------- document */

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void put_head(struct canvas *canvas)
{
	const struct picture *picture = canvas->picture;
	const struct tree *tree = picture->labels->tree;
	struct picture_box all = { 0, 0, picture->width, picture->height };

	buffer_printf(canvas->out,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		      "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		      "role=\"img\">\n<title>jig tree</title>\n%s",
		      all.width, all.height, all.width, all.height, style);
	put_rect(canvas, "ground", &all, 0);
	buffer_printf(&canvas->text, "%u process%s, %u group%s, %u session%s",
		      tree->processes, tree->processes == 1 ? "" : "es",
		      tree->groups, plural(tree->groups), tree->sessions,
		      plural(tree->sessions));
	picture_svg_put_text(canvas, "title", PICTURE_MARGIN,
			     PICTURE_MARGIN + 12,
			     picture_text_width(&canvas->text) * 14 / 12);
}

static void put_all(struct canvas *canvas)
{
	const struct picture *picture = canvas->picture;

	put_head(canvas);
	for (uint32_t i = 0; i < picture->session_count; i++)
		put_session(canvas, &picture->sessions[i]);
	for (uint32_t i = 0; i < picture->row_count; i++)
		put_edge(canvas, i);
	for (uint32_t i = 0; i < picture->row_count; i++)
		put_node(canvas, &picture->rows[i]);
	buffer_printf(canvas->out, "</svg>\n");
	if (canvas->text.error)
		canvas->out->error = canvas->text.error;
}

int picture_add_svg(const struct tree_labels *labels, struct buffer *ret)
{
	CLEANUP(picture_free) struct picture picture = { 0 };
	struct canvas canvas = { .picture = &picture, .out = ret };
	int r = picture_arrange(labels, &picture);

	if (r == 0)
		r = picture_lay_out(&picture);
	if (r < 0)
		return r;
	put_all(&canvas);
	buffer_free(&canvas.text);
	return ret->error;
}
