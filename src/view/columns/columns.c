// SPDX-License-Identifier: MIT
#include "view/columns/columns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "view/printable.h"

/* For cells that are not cut. */
#define NO_LIMIT (SIZE_MAX / 2)

static const struct column *columns_find(const char *name, size_t length)
{
	for (const struct column *one = columns_table; one->name; one++)
		if (strlen(one->name) == length &&
		    strncmp(one->name, name, length) == 0)
			return one;
	return NULL;
}

static const char *next_name(size_t index, const void *table)
{
	return ((const struct column *)table)[index].name;
}

static int columns_unknown(const char *text, size_t length, struct fault *fault)
{
	char name[32];
	const char *nearest;

	(void)snprintf(name, sizeof(name), "%.*s", (int)length, text);
	nearest = *name ? text_nearest(name, next_name, columns_table) : NULL;
	if (nearest)
		return fault_set(fault, -EINVAL,
				 "no column '%s'; did you mean %s?", name,
				 nearest);
	return fault_set(fault, -EINVAL, "no column '%s'", name);
}

/* ":20" after a name. @return bytes used, or -errno. */
static int take_width(const char *text, struct column_use *use,
		      struct fault *fault)
{
	size_t length = *text == ':' ? 1 + strcspn(text + 1, ", =\t\n") : 0;
	char digits[8];
	uint64_t width;

	use->width = use->column->width;
	if (length == 0)
		return 0;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)length - 1,
		       text + 1);
	if (length > sizeof(digits) || text_number(digits, 999, &width) < 0 ||
	    width == 0)
		return fault_set(fault, -EINVAL,
				 "%s: a width is a number from 1 to 999",
				 use->column->name);
	use->width = (unsigned)width;
	use->is_fixed = true;
	return (int)length;
}

/* "=HEADER" after that, up to a comma; else the default. @return bytes used. */
static int columns_take_header(const char *text, struct column_use *use)
{
	CLEANUP(buffer_free) struct buffer shown = { 0 };
	int length = 0;
	size_t width;

	if (*text == '=')
		length = 1 + (int)strcspn(text + 1, ",");
	if (length > 0)
		(void)snprintf(use->header, sizeof(use->header), "%.*s",
			       length - 1, text + 1);
	else
		text_copy(use->header, sizeof(use->header),
			  use->column->header);
	width = printable_add(&shown, use->header, strlen(use->header),
			      NO_LIMIT);
	if (!use->is_fixed && width > use->width)
		use->width = (unsigned)width;
	return length;
}

/* One column at @text, up to its header. @return bytes used, or -errno. */
static int take_one(const char *text, struct list *columns, struct fault *fault)
{
	size_t name = strcspn(text, ", =:\t\n");
	struct column_use use = { .column = columns_find(text, name) };
	int used;

	if (!use.column)
		return columns_unknown(text, name, fault);
	used = take_width(text + name, &use, fault);
	if (used < 0)
		return used;
	used += (int)name;
	used += columns_take_header(text + used, &use);
	if (list_append(columns, &use, sizeof(use)) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	return used;
}

int columns_parse(const char *text, struct list *columns, struct fault *fault)
{
	size_t before = columns->count;

	if (strlen(text) > 4096)
		return fault_set(fault, -EINVAL, "too many columns");
	for (;;) {
		int used;

		text += strspn(text, ", \t\n");
		if (!*text)
			break;
		used = take_one(text, columns, fault);
		if (used < 0)
			return used;
		text += used;
	}
	return columns->count > before
		       ? 0
		       : fault_set(fault, -EINVAL, "no column is named");
}

unsigned columns_needs(const struct list *columns)
{
	const struct column_use *uses = columns->items;
	unsigned needs = 0;

	for (size_t i = 0; i < columns->count; i++)
		needs |= uses[i].column->needs;
	return needs;
}

void columns_widen(struct list *columns, unsigned digits)
{
	struct column_use *uses = columns->items;

	for (size_t i = 0; i < columns->count; i++)
		if (uses[i].column->is_pid && !uses[i].is_fixed &&
		    uses[i].width < digits)
			uses[i].width = digits;
}

unsigned columns_pid_digits(void)
{
	char text[16];
	uint64_t highest;
	unsigned digits = 0;
	ssize_t n = fd_read_file(AT_FDCWD, "/proc/sys/kernel/pid_max", text,
				 sizeof(text));

	if (n > 0)
		text[strcspn(text, "\n")] = '\0';
	if (n <= 0 || text_number(text, INT32_MAX, &highest) < 0)
		return 5;
	for (highest--; highest > 0; highest /= 10)
		digits++;
	return digits < 5 ? 5 : digits;
}

/* Positions in the line. */
struct columns_place {
	size_t planned; /* if no cell were too wide */
	size_t actual;
};

/* Insert spaces before the cell at @start, which is @width columns wide. */
static void pad(struct columns_place *place, const struct column_use *use,
		size_t start, size_t width, struct buffer *line)
{
	size_t wanted = place->planned, cell = line->used - start, count;

	if (use->column->right && width < use->width)
		wanted += use->width - width;
	count = wanted > place->actual ? wanted - place->actual : 0;
	if (count == 0 && place->actual > 0)
		count = 1;
	for (size_t i = 0; i < count; i++)
		buffer_add(line, " ", 1);
	if (line->error)
		return;
	if (count > 0) {
		memmove(line->text + start + count, line->text + start, cell);
		memset(line->text + start, ' ', count);
	}
	place->actual += count + width;
	place->planned += use->width + 1;
}

void columns_add_headers(const struct list *columns, struct buffer *ret)
{
	const struct column_use *uses = columns->items;
	struct columns_place place = { 0 };
	bool any = false;

	for (size_t i = 0; i < columns->count; i++)
		any = any || *uses[i].header;
	for (size_t i = 0; any && i < columns->count; i++) {
		size_t start = ret->used;
		size_t width = printable_add(ret, uses[i].header,
					     strlen(uses[i].header), NO_LIMIT);

		pad(&place, &uses[i], start, width, ret);
	}
	if (any)
		buffer_add(ret, "\n", 1);
}

void columns_add_line(const struct list *columns, const struct view *view,
		      const struct view_process *process, struct buffer *ret)
{
	const struct column_use *uses = columns->items;
	struct columns_place place = { 0 };

	for (size_t i = 0; i < columns->count; i++) {
		size_t start = ret->used;
		bool is_last = i + 1 == columns->count;
		size_t width =
			uses[i].column->add(view, process,
					    is_last ? NO_LIMIT : uses[i].width,
					    ret);

		pad(&place, &uses[i], start, width, ret);
	}
	buffer_add(ret, "\n", 1);
}
