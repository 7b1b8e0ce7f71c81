// SPDX-License-Identifier: MIT
#include "view/printable.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

/* Bytes of the UTF-8 character at @text, of at most @left; 0: invalid. */
static size_t character_size(const char *text, size_t left)
{
	char part[5] = "";

	memcpy(part, text, left < 4 ? left : 4);
	return text_utf8_length(part);
}

/*
 * The character at @text: its bytes and columns; *ret_columns is -1 if it must
 * not be printed.
 */
static size_t next_character(const char *text, size_t left, int *ret_columns)
{
	unsigned char first = (unsigned char)*text;
	size_t size;

	*ret_columns = 1;
	if (first >= 0x20 && first < 0x7f)
		return 1;
	size = first < 0x80 ? 1 : character_size(text, left);
	if (size <= 1) {
		*ret_columns = -1;
		return 1;
	}
	if (text_is_control(text, size)) {
		*ret_columns = -1;
		return size;
	}
	/* -1 of wcwidth(3): unknown in the C library's locale. */
	*ret_columns = wcwidth((wchar_t)text_code_point(text, size));
	if (*ret_columns < 0)
		*ret_columns = 1;
	return size;
}

static bool ends_part(char c)
{
	return c == '\0' || c == '\n';
}

/* Number of printable ASCII bytes at @text: the common case. */
static size_t plain_run(const char *text, size_t length)
{
	size_t run = 0;

	while (run < length && text[run] >= ' ' && text[run] < 0x7f)
		run++;
	return run;
}

/* @end  shown for a NUL and for a newline. */
static size_t printable_put(struct buffer *buffer, const char *text,
			    size_t length, size_t limit, char end)
{
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t left = length - i, room = limit - used;
		size_t run = plain_run(text + i, left < room ? left : room);
		int columns;

		buffer_add(buffer, text + i, run);
		used += run;
		i += run;
		if (i == length)
			break;

		size_t size = next_character(text + i, length - i, &columns);
		size_t width = columns < 0 ? 1 : (size_t)columns;

		if (used + width > limit)
			break;
		if (columns >= 0)
			buffer_add(buffer, text + i, size);
		else
			buffer_add(buffer, ends_part(text[i]) ? &end : "?", 1);
		used += width;
		i += size;
	}
	return used;
}

size_t printable_add(struct buffer *buffer, const char *text, size_t length,
		     size_t limit)
{
	return printable_put(buffer, text, length, limit, '?');
}

size_t printable_add_arguments(struct buffer *buffer, const char *text,
			       size_t length, size_t limit)
{
	return printable_put(buffer, text, length, limit, ' ');
}

size_t printable_cut(const char *text, size_t length, size_t limit)
{
	size_t used = 0, i = 0;

	while (i < length) {
		int columns;
		size_t size = next_character(text + i, length - i, &columns);

		used += columns < 0 ? 1 : (size_t)columns;
		if (used > limit)
			break;
		i += size;
	}
	return i;
}
