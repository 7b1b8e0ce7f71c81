// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/text/json.h"
#include "up/output/parts.h"

/* One object on one line. base/text/json.h cannot do this: it writes documents
 * of several lines, and its texts have no NUL. */

static bool output_json_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The length of the UTF-8 sequence at the beginning; 0: none, or cut off. */
static size_t sequence(const char *text, size_t size)
{
	char start[5] = { 0 };

	memcpy(start, text, size < 4 ? size : 4);
	return start[0] ? text_utf8_length(start) : 0;
}

/* Write one character that needs an escape. @return its length in bytes. */
static size_t escape(struct buffer *out, const char *text, size_t size)
{
	unsigned char c = (unsigned char)*text;

	if (c == '"' || c == '\\') {
		buffer_printf(out, "\\%c", c);
		return 1;
	}
	if (c == '\0') {
		buffer_printf(out, "\\u0000");
		return 1;
	}

	size_t n = sequence(text, size);

	if (n == 0)
		buffer_add(out, "\xef\xbf\xbd", 3);
	else if (text_is_control(text, n))
		json_escape(out, text, n);
	else
		buffer_add(out, text, n);
	return n ? n : 1;
}

static void output_json_text(struct buffer *out, const char *from, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t plain = i;

		while (plain < size &&
		       output_json_is_plain((unsigned char)from[plain]))
			plain++;
		buffer_add(out, from + i, plain - i);
		i = plain;
		if (i < size)
			i += escape(out, from + i, size - i);
	}
}

static void time_of(const struct output *output, struct buffer *out)
{
	time_t seconds = (time_t)(output->wall_us / 1000000);
	char day[sizeof("YYYY-MM-DDTHH:MM:SS")] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		(void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
	buffer_printf(out, "{\"time\":\"%s.%03dZ\",\"name\":\"", day,
		      (int)(output->wall_us / 1000 % 1000));
}

void json_line(struct output *output, const struct stream *stream,
	       const char *line, size_t size)
{
	struct buffer *out = &output->json;
	const char *kind = stream->is_own   ? "jig"
			   : stream->is_err ? "stderr"
					    : "stdout";

	out->used = 0;
	out->error = 0;
	time_of(output, out);
	output_json_text(out, stream->instance->name,
			 strlen(stream->instance->name));
	buffer_printf(out, "\",\"stream\":\"%s\",\"line\":\"", kind);
	output_json_text(out, line, size);
	buffer_add(out, "\"}", 2);
}
