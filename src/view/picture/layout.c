// SPDX-License-Identifier: MIT
/*
 * The position of each box of a picture.
 *
 * A session is a column of rows, one for each process, group after group. A row
 * is indented below its parent, so the space at its right in the session is
 * free for edges. Sessions are in columns by depth, each at the left of the
 * sessions that it has started; sessions of one column have separate ranges of
 * height.
 */
#include <errno.h>
#include <stdlib.h>

#include "view/picture/parts.h"
#include "view/picture/picture.h"
#include "view/printable.h"

/* Limit of the indent. */
#define INDENT_MAX 24U

static int indent_of(const struct picture_row *row)
{
	uint32_t indent = row->indent < INDENT_MAX ? row->indent : INDENT_MAX;

	return (int)indent * PICTURE_INDENT;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

int picture_text_width(const struct buffer *text)
{
	struct buffer scratch = { 0 };
	size_t columns = text->used ? printable_add(&scratch, text->text,
						    text->used, SIZE_MAX)
				    : 0;

	buffer_free(&scratch);
	return (int)columns * PICTURE_COLUMN_10TH / 10;
}

static int size_rows(struct picture *picture)
{
	struct buffer label = { 0 };
	int error = 0;

	for (uint32_t i = 0; i < picture->row_count; i++) {
		struct picture_row *row = &picture->rows[i];

		label.used = 0;
		picture_add_label(picture->labels, row->node, &label);
		row->box.width =
			picture_text_width(&label) + 2 * PICTURE_TEXT_X;
		row->box.height = PICTURE_NODE;
	}
	error = label.error;
	buffer_free(&label);
	return error;
}

/* The rows and the box of a group, from the session's inner left edge and @y
 * on.
 * @return  y of the next group. */
static int stack_rows(struct picture *picture, struct picture_group *group,
		      int y)
{
	int left = INT32_MAX, right = 0;
	int row_y = y + PICTURE_GROUP_HEAD;

	for (uint32_t i = 0; i < group->count; i++) {
		struct picture_row *row = &picture->rows[group->first + i];

		row->box.x = PICTURE_PAD + indent_of(row);
		row->box.y = row_y;
		row_y += PICTURE_NODE + PICTURE_ROW_GAP;
		if (row->box.x < left)
			left = row->box.x;
		right = larger(right, row->box.x + row->box.width);
	}
	right = larger(right, left + PICTURE_GROUP_LABEL);
	group->box = (struct picture_box){
		.x = left - PICTURE_PAD,
		.y = y,
		.width = right - left + 2 * PICTURE_PAD,
		.height = row_y - PICTURE_ROW_GAP + PICTURE_PAD - y,
	};
	return y + group->box.height + PICTURE_GROUP_GAP;
}

static void stack_groups(struct picture *picture,
			 struct picture_session *session)
{
	int y = PICTURE_SESSION_HEAD, right = PICTURE_SESSION_LABEL;

	for (uint32_t i = 0; i < session->count; i++) {
		struct picture_group *group =
			&picture->groups[session->first + i];

		y = stack_rows(picture, group, y);
		right = larger(right, group->box.x + group->box.width);
	}
	session->box.width = right + 2 * PICTURE_PAD + PICTURE_TTY_LANE;
	session->box.height = y - PICTURE_GROUP_GAP + PICTURE_PAD;
}

/* From last to first: children come after their parents. */
static void add_heights(struct picture *picture)
{
	for (uint32_t i = picture->session_count; i-- > 0;) {
		struct picture_session *session = &picture->sessions[i];

		/* Each child has added a gap after itself. */
		session->below = larger(session->below - PICTURE_SESSION_GAP,
					session->box.height);
		if (session->parent != TREE_NONE)
			picture->sessions[session->parent].below +=
				session->below + PICTURE_SESSION_GAP;
	}
}

/* @cursors  for each session: y of the next session that it has started; the
 * last element: of the next root. */
static void place_heights(struct picture *picture, int *cursors)
{
	int *roots = &cursors[picture->session_count];

	*roots = PICTURE_MARGIN + PICTURE_TITLE;
	for (uint32_t i = 0; i < picture->session_count; i++) {
		struct picture_session *session = &picture->sessions[i];
		int *cursor = session->parent == TREE_NONE
				      ? roots
				      : &cursors[session->parent];

		session->box.y = cursors[i] = *cursor;
		*cursor += session->below + PICTURE_SESSION_GAP;
	}
	picture->height = *roots - PICTURE_SESSION_GAP + PICTURE_MARGIN;
}

/* @columns  for each depth: its width, then its x. */
static void place_columns(struct picture *picture, int *columns)
{
	int x = PICTURE_MARGIN;
	uint32_t depths = 0;

	for (uint32_t i = 0; i < picture->session_count; i++) {
		const struct picture_session *session = &picture->sessions[i];

		columns[session->depth] =
			larger(columns[session->depth], session->box.width);
		if (session->depth >= depths)
			depths = session->depth + 1;
	}
	for (uint32_t i = 0; i < depths; i++) {
		int width = columns[i];

		columns[i] = x;
		x += width + PICTURE_CORRIDOR;
	}
	for (uint32_t i = 0; i < picture->session_count; i++)
		picture->sessions[i].box.x =
			columns[picture->sessions[i].depth];
	picture->width = larger(x - PICTURE_CORRIDOR, PICTURE_TITLE_WIDTH) +
			 PICTURE_MARGIN;
}

/* From positions in a session to positions in the picture. */
static void move_contents(struct picture *picture)
{
	for (uint32_t i = 0; i < picture->group_count; i++) {
		struct picture_group *group = &picture->groups[i];
		const struct picture_box *session =
			&picture->sessions[group->session].box;

		group->box.x += session->x + PICTURE_PAD;
		group->box.y += session->y;
		for (uint32_t j = 0; j < group->count; j++) {
			struct picture_row *row =
				&picture->rows[group->first + j];

			row->box.x += session->x + PICTURE_PAD;
			row->box.y += session->y;
		}
	}
}

int picture_lay_out(struct picture *picture)
{
	CLEANUP_FREE int *cursors =
		calloc(picture->session_count + 1U, sizeof(*cursors));
	CLEANUP_FREE int *columns =
		calloc(picture->session_count + 1U, sizeof(*columns));

	if (!cursors || !columns || size_rows(picture) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < picture->session_count; i++)
		stack_groups(picture, &picture->sessions[i]);
	add_heights(picture);
	place_heights(picture, cursors);
	place_columns(picture, columns);
	move_contents(picture);
	return 0;
}
