// SPDX-License-Identifier: MIT
#include "base/list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int list_append(struct list *list, const void *item, size_t item_size)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;

		if (room > SIZE_MAX / item_size)
			return -ENOMEM;

		void *larger = realloc(list->items, room * item_size);

		if (!larger)
			return -ENOMEM;
		list->items = larger;
		list->room = room;
	}
	memcpy(list_at(list, list->count, item_size), item, item_size);
	list->count++;
	return 0;
}

bool list_has(const struct list *list, const void *item, size_t item_size)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (memcmp(list_at(list, i, item_size), item, item_size) == 0)
			return true;
	return false;
}

void list_free(struct list *list)
{
	free(list->items);
	*list = (struct list){ 0 };
}

int list_take_text(struct list *list, char *text)
{
	int r = text ? list_append(list, &text, sizeof(text)) : -ENOMEM;

	if (r < 0)
		free(text);
	return r;
}

int list_end(struct list *list)
{
	const void *end = NULL;

	return list_append(list, &end, sizeof(end));
}

void list_free_texts(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(*(char **)list_at(list, i, sizeof(char *)));
	list_free(list);
}

static int list_reserve(struct buffer *buffer, size_t more)
{
	if (buffer->error)
		return buffer->error;
	if (buffer->room - buffer->used > more)
		return 0;

	size_t room = buffer->room ? buffer->room : 256;

	while (room - buffer->used <= more) {
		if (room > SIZE_MAX / 2)
			return buffer->error = -ENOMEM;
		room *= 2;
	}

	char *larger = realloc(buffer->text, room);

	if (!larger)
		return buffer->error = -ENOMEM;
	buffer->text = larger;
	buffer->room = room;
	return 0;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
	if (list_reserve(buffer, size) < 0)
		return;
	memcpy(buffer->text + buffer->used, data, size);
	buffer->used += size;
	buffer->text[buffer->used] = '\0';
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);

	int size = vsnprintf(NULL, 0, format, arguments);

	va_end(arguments);
	if (size < 0 || list_reserve(buffer, (size_t)size) < 0)
		return;
	va_start(arguments, format);
	(void)vsnprintf(buffer->text + buffer->used, (size_t)size + 1, format,
			arguments);
	va_end(arguments);
	buffer->used += (size_t)size;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
	if (size == 0)
		return;
	buffer->used -= size;
	memmove(buffer->text, buffer->text + size, buffer->used + 1);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->text);
	*buffer = (struct buffer){ 0 };
}
