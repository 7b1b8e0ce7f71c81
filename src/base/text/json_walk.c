// SPDX-License-Identifier: MIT
/* Finding one's way in values that json_reader.c has read. */
#include <errno.h>
#include <string.h>

#include "base/text/json_reader.h"

uint32_t json_first(const struct list *values, uint32_t index)
{
	const struct json_item *item = json_at(values, index);

	return item->end > index + 1 ? index + 1 : 0;
}

uint32_t json_next(const struct list *values, uint32_t index, uint32_t last)
{
	uint32_t next = json_at(values, last)->end;

	return next < json_at(values, index)->end ? next : 0;
}

uint32_t json_member(const struct list *values, uint32_t object,
		     const char *name)
{
	size_t size = strlen(name);

	if (json_at(values, object)->kind != JSON_OBJECT)
		return 0;
	for (uint32_t i = json_first(values, object); i;
	     i = json_next(values, object, i)) {
		const struct json_item *item = json_at(values, i);

		if (item->name_size == size &&
		    memcmp(item->name, name, size) == 0)
			return i;
	}
	return 0;
}

bool json_is(const struct json_item *item, const char *text)
{
	return item->kind == JSON_STRING && strlen(text) == item->size &&
	       memcmp(item->text, text, item->size) == 0;
}

const char *json_plain(const struct json_item *item)
{
	return item->kind == JSON_STRING && strlen(item->text) == item->size
		       ? item->text
		       : NULL;
}

/* @return its value, or -1. */
static int base64_digit(char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'	      ? 62
	       : c == '/'	      ? 63
				      : -1;
}

/* Four characters. @return how many bytes they are, or -EINVAL. */
static int base64_group(const char *four, char bytes[3])
{
	int padding = four[3] != '=' ? 0 : four[2] != '=' ? 1 : 2;
	unsigned group = 0;

	for (int i = 0; i < 4; i++) {
		int digit = i < 4 - padding ? base64_digit(four[i]) : 0;

		if (digit < 0)
			return -EINVAL;
		group = group << 6 | (unsigned)digit;
	}
	bytes[0] = (char)(group >> 16);
	bytes[1] = (char)(group >> 8);
	bytes[2] = (char)group;
	/* Bits that stand for nothing are zero. */
	if ((padding == 1 && bytes[2]) ||
	    (padding == 2 && (bytes[1] || bytes[2])))
		return -EINVAL;
	return 3 - padding;
}

int json_read_base64(const char *text, size_t size, struct buffer *ret)
{
	char bytes[3];

	if (size % 4 != 0)
		return -EINVAL;
	for (size_t i = 0; i < size; i += 4) {
		int n = base64_group(text + i, bytes);

		if (n < 0 || (n < 3 && i + 4 < size))
			return -EINVAL;
		buffer_add(ret, bytes, (size_t)n);
	}
	return ret->error;
}
