/* SPDX-License-Identifier: MIT */
/*
 * A growing array of one element type, and a growing text.
 *
 * Invariant: a zeroed struct is an empty list; a failed append leaves the list
 * as it was. Elements are moved by realloc: keep indexes, not pointers.
 */
#ifndef JIG_BASE_LIST_H
#define JIG_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct list {
	void *items;
	size_t count;
	size_t room;
};

/** Append a copy of *@item. @return 0 or -ENOMEM. */
int list_append(struct list *list, const void *item, size_t item_size);

/** The item at @index, of @item_size bytes. */
static inline void *list_at(const struct list *list, size_t index,
			    size_t item_size)
{
	return (char *)list->items + index * item_size;
}

/** Whether an item equals *@item, byte for byte; NULL is an empty list. */
bool list_has(const struct list *list, const void *item, size_t item_size);

/** Free the items and make the list empty. */
void list_free(struct list *list);

/**
 * Append a text from malloc(3) that the list owns from now on. Freed if that
 * fails; NULL (no memory) is allowed.
 * @return  0 or -ENOMEM.
 */
int list_take_text(struct list *list, char *text);

/** End a list of pointers with NULL, as execve(2) requires. @return 0 or
 * -ENOMEM. */
int list_end(struct list *list);

/** Free the texts that a list of char * owns, and the list. */
void list_free_texts(struct list *list);

/** Text that grows; `text` is NUL-terminated, NULL while empty. */
struct buffer {
	char *text;
	size_t used;
	size_t room;
	int error; /* the first -ENOMEM; later appends do nothing */
};

void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** Remove the first @size bytes; at most `used`. */
void buffer_drop(struct buffer *buffer, size_t size);
void buffer_free(struct buffer *buffer);

#endif
