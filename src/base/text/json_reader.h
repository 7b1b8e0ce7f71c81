/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON (RFC 8259), strictly, from one text into a list of values.
 *
 * Invariant: what is accepted is JSON in valid UTF-8, to the last byte. Nothing
 * is repaired: half of a surrogate pair, a name that an object has twice, and
 * text behind the value are errors. No recursion; depth and count are bounded.
 * What a value means does not belong here.
 *
 * A value is followed by all that is in it, and `end` is the index behind that:
 *
 *     for (i = json_first(values, object); i; i = json_next(values, object, i))
 */
#ifndef JIG_BASE_TEXT_JSON_READER_H
#define JIG_BASE_TEXT_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/** Limits: of nested objects and arrays, values in all, members of an object.
 */
#define JSON_LEVELS 64
#define JSON_VALUES 65536
#define JSON_MEMBERS 4096

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_item {
	enum json_kind kind;
	uint32_t end; /* the index behind it and all that is in it */
	/** Of a member: its name, with a NUL behind it. Else NULL. */
	const char *name;
	size_t name_size;
	/** A string without its quotes and escapes, with a NUL behind it, and
	 * possibly in it. A number as it was written, without a NUL. */
	const char *text;
	size_t size;
};

struct json_fault {
	const char *why; /* "a string is not closed" */
	size_t at; /* where, in bytes from the text's beginning */
};

/**
 * Read a text.
 *
 * @text   @size bytes and a NUL; strings are unescaped in place, and the values
 *         point into it.
 * @ret    of struct json_item, the first is the outermost; list_free() it, also
 *         after a failure.
 * @return 0; -EINVAL it is not JSON; -E2BIG a limit; -ENOMEM.
 */
int json_read(char *text, size_t size, struct list *ret,
	      struct json_fault *ret_fault);

static inline const struct json_item *json_at(const struct list *values,
					      uint32_t index)
{
	return list_at(values, index, sizeof(struct json_item));
}

/* json_walk.c */

/** The first value in an object or array, or the one after @last; 0: none. */
uint32_t json_first(const struct list *values, uint32_t index);
uint32_t json_next(const struct list *values, uint32_t index, uint32_t last);

/** The member of this name, or 0. */
uint32_t json_member(const struct list *values, uint32_t object,
		     const char *name);

/** Whether it is a string, or a name, and equals @text. */
bool json_is(const struct json_item *item, const char *text);

/** Append the bytes that base64 (RFC 4648, section 4, with its padding) stands
 * for. @return 0; -EINVAL it is not base64; -ENOMEM. */
int json_read_base64(const char *text, size_t size, struct buffer *ret);

/** A string without a NUL in it; NULL: it is something else. */
const char *json_plain(const struct json_item *item);

#endif
