// SPDX-License-Identifier: MIT
/* Quoting for the reader of each format. */
#include <string.h>

#include "base/text/json.h"
#include "up/export/text.h"

void quote_percent(struct buffer *out, const char *text)
{
	for (; *text; text++)
		buffer_printf(out, *text == '%' ? "%%%%" : "%c", *text);
}

void quote_systemd(struct buffer *out, const char *text, bool exec)
{
	buffer_printf(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buffer_printf(out, "\\%c", c);
		else if (c == '%' || (c == '$' && exec))
			buffer_printf(out, "%c%c", c, c);
		else if (c == '\n')
			buffer_printf(out, "\\n");
		else if (c < ' ' || c == 127)
			buffer_printf(out, "\\x%02x", c);
		else
			buffer_add(out, text, 1);
	}
	buffer_printf(out, "\"");
}

void quote_sh(struct buffer *out, const char *text)
{
	buffer_printf(out, "'");
	for (; *text; text++)
		if (*text == '\'')
			buffer_printf(out, "'\\''");
		else
			buffer_add(out, text, 1);
	buffer_printf(out, "'");
}

/* A blank before ; or # begins a comment, also in quotes. So end the quotes and
 * begin them again: then no blank stands before it. */
void quote_supervisor(struct buffer *out, const char *text)
{
	buffer_printf(out, "'");
	for (; *text; text++)
		if (*text == '\'')
			buffer_printf(out, "'\"'\"'");
		else if (*text == '%')
			buffer_printf(out, "%%%%");
		else if (*text == ';' || *text == '#')
			buffer_printf(out, "''%c", *text);
		else
			buffer_add(out, text, 1);
	buffer_printf(out, "'");
}

/* Kubernetes reads $$ as $, and $(NAME) as the variable; any other $ is one. */
static bool is_doubled(const char *c, enum yaml_dollars dollars)
{
	if (*c != '$' || dollars == DOLLARS_PLAIN)
		return false;
	return dollars == DOLLARS_COMPOSE || c[1] == '$' || c[1] == '(';
}

void quote_yaml(struct buffer *out, const char *text, enum yaml_dollars dollars)
{
	struct buffer doubled = { 0 };
	struct json json = { 0 };

	for (const char *c = text; *c; c++) {
		if (is_doubled(c, dollars))
			buffer_add(&doubled, c, 1);
		buffer_add(&doubled, c, 1);
	}
	json_string(&json, NULL, doubled.text ? doubled.text : "");
	if (json.out.text)
		buffer_add(out, json.out.text, json.out.used);
	if (doubled.error || json.out.error)
		out->error = doubled.error ? doubled.error : json.out.error;
	buffer_free(&doubled);
	buffer_free(&json.out);
}
