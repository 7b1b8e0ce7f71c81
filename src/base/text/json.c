// SPDX-License-Identifier: MIT
#include "base/text/json.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

void json_escape(struct buffer *out, const char *sequence, size_t size)
{
	/* No control is above U+FFFF, so none needs a pair of them. */
	buffer_printf(out, "\\u%04" PRIx32, text_code_point(sequence, size));
}

/* Bytes at the text's beginning that stand for themselves. */
static size_t plain_length(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] >= ' ' && text[n] <= '~' && text[n] != '"' &&
	       text[n] != '\\')
		n++;
	return n;
}

/* One character that is not plain. @return its size. */
static size_t quote_one(struct buffer *out, const char *text, size_t left)
{
	size_t n = text_utf8_length(text);

	if (n == 0 || n > left) {
		buffer_add(out, "\xef\xbf\xbd", 3);
		return 1;
	}
	if (*text == '"' || *text == '\\')
		buffer_printf(out, "\\%c", *text);
	else if (text_is_control(text, n))
		json_escape(out, text, n);
	else
		buffer_add(out, text, n);
	return n;
}

/* @text  with a NUL behind its @size bytes. */
static void quoted(struct buffer *out, const char *text, size_t size)
{
	buffer_add(out, "\"", 1);
	for (size_t at = 0; at < size;) {
		size_t n = plain_length(text + at, size - at);

		buffer_add(out, text + at, n);
		at += n;
		if (at < size)
			at += quote_one(out, text + at, size - at);
	}
	buffer_add(out, "\"", 1);
}

static void json_new_line(struct json *json)
{
	if (!json->is_line)
		buffer_printf(&json->out, "\n%*s", json->depth * 2, "");
}

static void json_begin(struct json *json, const char *name)
{
	if (json->comma)
		buffer_add(&json->out, ",", 1);
	if (json->depth > 0)
		json_new_line(json);
	if (name) {
		quoted(&json->out, name, strlen(name));
		buffer_add(&json->out, ": ", json->is_line ? 1 : 2);
	}
	json->comma = true;
}

void json_open(struct json *json, const char *name, char bracket)
{
	json_begin(json, name);
	buffer_add(&json->out, &bracket, 1);
	json->depth++;
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->comma)
		json_new_line(json);
	buffer_add(&json->out, &bracket, 1);
	json->comma = true;
}

void json_string(struct json *json, const char *name, const char *value)
{
	json_bytes(json, name, value, strlen(value));
}

void json_bytes(struct json *json, const char *name, const char *bytes,
		size_t size)
{
	json_begin(json, name);
	quoted(&json->out, bytes, size);
}

void json_base64(struct json *json, const char *name, const char *bytes,
		 size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = (const unsigned char *)bytes;

	json_begin(json, name);
	buffer_add(&json->out, "\"", 1);
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		unsigned group = (unsigned)at[i] << 16 |
				 (left > 1 ? (unsigned)at[i + 1] << 8 : 0) |
				 (left > 2 ? at[i + 2] : 0);
		char four[] = { digits[group >> 18], digits[group >> 12 & 63],
				left > 1 ? digits[group >> 6 & 63] : '=',
				left > 2 ? digits[group & 63] : '=' };

		buffer_add(&json->out, four, sizeof(four));
	}
	buffer_add(&json->out, "\"", 1);
}

/* A newline is raw only in the layout: in strings it is escaped. */
void json_value(struct json *json, const char *name, const char *text,
		size_t size)
{
	json_begin(json, name);
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t n = end ? (size_t)(end - text) - at : size - at;

		buffer_add(&json->out, text + at, n);
		at += n;
		while (at < size && (text[at] == '\n' || text[at] == ' '))
			at++;
	}
}

void json_number(struct json *json, const char *name, int64_t value)
{
	json_begin(json, name);
	buffer_printf(&json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	json_begin(json, name);
	buffer_printf(&json->out, "%s", value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
	json_begin(json, name);
	buffer_add(&json->out, "null", 4);
}

void json_seconds(struct json *json, const char *name, int64_t us)
{
	uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;

	json_begin(json, name);
	buffer_printf(&json->out, "%s%" PRIu64 ".%06" PRIu64, us < 0 ? "-" : "",
		      size / 1000000, size % 1000000);
}
