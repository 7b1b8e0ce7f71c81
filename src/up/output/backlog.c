// SPDX-License-Identifier: MIT
#include "up/output/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)4096)

struct head {
	uint64_t number;
	uint64_t size;
};

void backlog_free(struct backlog *backlog)
{
	free(backlog->ring);
	*backlog = (struct backlog){ 0 };
}

/* -------------------------------------------------------------- the ring */

static size_t wrapped(const struct backlog *backlog, size_t offset)
{
	return offset < backlog->room ? offset : offset - backlog->room;
}

/* Copy out @size bytes that begin at @offset. */
static void backlog_take(const struct backlog *backlog, size_t offset, void *to,
			 size_t size)
{
	size_t behind = backlog->room - offset;
	size_t part = size < behind ? size : behind;

	memcpy(to, backlog->ring + offset, part);
	memcpy((char *)to + part, backlog->ring, size - part);
}

/* Append bytes for which there is room. */
static void backlog_put(struct backlog *backlog, const void *from, size_t size)
{
	if (size == 0)
		return;

	size_t offset = wrapped(backlog, backlog->first + backlog->used);
	size_t behind = backlog->room - offset;
	size_t part = size < behind ? size : behind;

	memcpy(backlog->ring + offset, from, part);
	memcpy(backlog->ring, (const char *)from + part, size - part);
	backlog->used += size;
}

static struct head head_at(const struct backlog *backlog, size_t offset)
{
	struct head head;

	backlog_take(backlog, offset, &head, sizeof(head));
	return head;
}

void backlog_drop(struct backlog *backlog)
{
	size_t size =
		sizeof(struct head) + head_at(backlog, backlog->first).size;

	backlog->first = wrapped(backlog, backlog->first + size);
	backlog->used -= size;
	if (backlog->used == 0)
		backlog->first = 0;
}

static int backlog_grow(struct backlog *backlog, size_t needed)
{
	size_t room = backlog->room ? backlog->room : FIRST_ROOM;

	while (room < needed)
		room *= 2;
	if (room > backlog->bound)
		room = backlog->bound;

	char *ring = malloc(room);

	if (!ring)
		return -ENOMEM;
	if (backlog->used > 0)
		backlog_take(backlog, backlog->first, ring, backlog->used);
	free(backlog->ring);
	backlog->ring = ring;
	backlog->room = room;
	backlog->first = 0;
	return 0;
}

/* Make room for @size more bytes: by a larger ring up to the bound, then by
 * removing older lines. */
static int backlog_make_room(struct backlog *backlog, size_t size)
{
	if (size > backlog->bound)
		return -EMSGSIZE;
	/* If memory is short, the ring does not grow. */
	if (backlog->used + size > backlog->room &&
	    backlog->room < backlog->bound)
		(void)backlog_grow(backlog, backlog->used + size);
	if (size > backlog->room)
		return -ENOMEM;
	while (backlog->room - backlog->used < size)
		backlog_drop(backlog);
	return 0;
}

void backlog_add(struct backlog *backlog, uint64_t number,
		 const struct iovec *pieces, size_t count)
{
	struct head head = { .number = number };

	for (size_t i = 0; i < count; i++)
		head.size += pieces[i].iov_len;
	if (backlog_make_room(backlog, sizeof(head) + head.size) < 0)
		return;
	backlog_put(backlog, &head, sizeof(head));
	for (size_t i = 0; i < count; i++)
		backlog_put(backlog, pieces[i].iov_base, pieces[i].iov_len);
}

/* ------------------------------------------------------------------ reading */

int backlog_lines(const struct backlog *backlog, struct list *ret)
{
	size_t offset = backlog->first;

	for (size_t seen = 0; seen < backlog->used;) {
		struct head head = head_at(backlog, offset);
		size_t text = wrapped(backlog, offset + sizeof(head));
		struct backlog_line line = {
			.number = head.number,
			.in = backlog,
			.offset = text,
			.size = head.size,
		};
		int r = list_append(ret, &line, sizeof(line));

		if (r < 0)
			return r;
		seen += sizeof(head) + head.size;
		offset = wrapped(backlog, text + head.size);
	}
	return 0;
}

static int backlog_by_number(const void *left, const void *right)
{
	const struct backlog_line *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static void backlog_print_one(const struct backlog_line *line,
			      struct buffer *ret)
{
	const struct backlog *in = line->in;
	size_t behind = in->room - line->offset;
	size_t part = line->size < behind ? line->size : behind;

	buffer_add(ret, in->ring + line->offset, part);
	if (part < line->size)
		buffer_add(ret, in->ring, line->size - part);
}

void backlog_print(struct list *list, unsigned lines, struct buffer *ret)
{
	size_t first =
		lines > 0 && lines < list->count ? list->count - lines : 0;

	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(struct backlog_line),
	      backlog_by_number);
	for (size_t i = first; i < list->count; i++)
		backlog_print_one(list_at(list, i, sizeof(struct backlog_line)),
				  ret);
}
