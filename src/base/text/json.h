/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON (RFC 8259) into a buffer, one member after another.
 *
 * Invariant: the output is valid UTF-8: other bytes become U+FFFD. Controls
 * (text_is_control()) are escaped, so a document can also be shown on a
 * terminal; a JSON parser gets the text as it was. Reading JSON does not belong
 * here: json_reader.h.
 */
#ifndef JIG_BASE_TEXT_JSON_H
#define JIG_BASE_TEXT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct json {
	struct buffer out;
	bool comma; /* a value stands before this place */
	int depth;
	bool is_line; /* all of it on one line, without spaces */
};

/** "\u202e", for a control (text_is_control()). */
void json_escape(struct buffer *out, const char *sequence, size_t size);

/* A NULL name is for elements of an array and for the outermost value. */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);
void json_string(struct json *json, const char *name, const char *value);
/** Any bytes, also NUL; @bytes has a NUL behind the last one. */
void json_bytes(struct json *json, const char *name, const char *bytes,
		size_t size);
/** A string with the bytes in base64 (RFC 4648, section 4). */
void json_base64(struct json *json, const char *name, const char *bytes,
		 size_t size);
/** A value that this module has written; its line breaks are left out. */
void json_value(struct json *json, const char *name, const char *text,
		size_t size);
void json_number(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

/** @us microseconds as seconds with six digits behind the point. */
void json_seconds(struct json *json, const char *name, int64_t us);

#endif
