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

static void quoted(struct buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	while (*text) {
		unsigned char c = (unsigned char)*text;
		size_t n = text_utf8_length(text);

		if (n == 0) {
			buffer_add(out, "\xef\xbf\xbd", 3);
			n = 1;
		} else if (c == '"' || c == '\\') {
			buffer_printf(out, "\\%c", c);
		} else if (text_is_control(text, n)) {
			json_escape(out, text, n);
		} else {
			buffer_add(out, text, n);
		}
		text += n;
	}
	buffer_add(out, "\"", 1);
}

static void json_begin(struct json *json, const char *name)
{
	if (json->comma)
		buffer_add(&json->out, ",", 1);
	if (json->depth > 0)
		buffer_printf(&json->out, "\n%*s", json->depth * 2, "");
	if (name) {
		quoted(&json->out, name);
		buffer_add(&json->out, ": ", 2);
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
		buffer_printf(&json->out, "\n%*s", json->depth * 2, "");
	buffer_add(&json->out, &bracket, 1);
	json->comma = true;
}

void json_string(struct json *json, const char *name, const char *value)
{
	json_begin(json, name);
	quoted(&json->out, value);
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
