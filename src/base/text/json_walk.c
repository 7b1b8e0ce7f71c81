// SPDX-License-Identifier: MIT
/* Finding one's way in values that json_reader.c has read. */
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
