// SPDX-License-Identifier: MIT
#include "app/columns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "app/printable.h"
#include "base/fd.h"
#include "base/text.h"

/* What may stand in a line besides columns that are cut. */
#define NO_LIMIT (SIZE_MAX / 2)

static const struct column *find(const char *name, size_t length)
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

static int unknown(const char *text, size_t length, struct fault *fault)
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

/* One column at @text, up to its header. @return bytes used, or -errno. */
static int take_one(const char *text, struct list *columns, struct fault *fault)
{
	size_t name = strcspn(text, ", =\t\n"), header = 0;
	const struct column *column = find(text, name);
	struct column_use use = { .column = column };

	if (!column)
		return unknown(text, name, fault);
	use.width = column->width;
	if (text[name] == '=') {
		header = 1 + strcspn(text + name + 1, ",");
		(void)snprintf(use.header, sizeof(use.header), "%.*s",
			       (int)header - 1, text + name + 1);
		(void)text_printable(use.header, use.header,
				     sizeof(use.header));
	} else {
		text_copy(use.header, sizeof(use.header), column->header);
	}
	if (strlen(use.header) > use.width)
		use.width = (unsigned)strlen(use.header);
	if (list_append(columns, &use, sizeof(use)) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	return (int)(name + header);
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
		if (uses[i].column->is_pid && uses[i].width < digits)
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

/* Where the line is, and where it would be if no cell were too wide. */
struct place {
	size_t right, is;
};

/* Blanks before a cell of @width columns, that then are in front of it. */
static void pad(struct place *place, const struct column_use *use, size_t start,
		size_t width, struct buffer *line)
{
	static const char blanks[] = "                                        "
				     "                                        ";
	size_t count = place->right > place->is ? place->right - place->is : 0;
	size_t cell = line->used - start;

	if (use->column->right && width < use->width)
		count += use->width - width;
	if (count == 0 && place->is > 0)
		count = 1;
	if (count > sizeof(blanks) - 1)
		count = sizeof(blanks) - 1;
	buffer_add(line, blanks, count);
	if (line->error)
		return;
	memmove(line->text + start + count, line->text + start, cell);
	memset(line->text + start, ' ', count);
	place->is += count + width;
	place->right += use->width + 1;
}

void columns_add_headers(const struct list *columns, struct buffer *ret)
{
	const struct column_use *uses = columns->items;
	struct place place = { 0 };
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
	struct place place = { 0 };

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
