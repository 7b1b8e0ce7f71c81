// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/files/expand/expand.h"
#include "up/import/parts.h"

/* Characters that end a line for a reader of YAML, although they are no
 * newline, or that it refuses: U+0080 to U+009F, U+2028, U+2029, U+FEFF.
 * @return  the number of bytes; 0: it is another one. */
static size_t odd_character(const char *text, unsigned *ret)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
		*ret = c[1];
		return 2;
	}
	if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) {
		*ret = 0x2000U | (c[2] - 0x80U);
		return 3;
	}
	if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf) {
		*ret = 0xfeff;
		return 3;
	}
	return 0;
}

void write_comment(struct buffer *out, const char *text)
{
	unsigned code;

	while (*text) {
		size_t size = odd_character(text, &code);
		bool is_control = (unsigned char)*text < 0x20 || *text == 0x7f;

		buffer_add(out, size || is_control ? " " : text, 1);
		text += size ? size : 1;
	}
}

void write_text(struct buffer *out, const char *text)
{
	unsigned code;

	buffer_add(out, "\"", 1);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		size_t size = odd_character(text, &code);

		if (size) {
			buffer_printf(out, "\\u%04x", code);
			text += size - 1;
		} else if (c == '"' || c == '\\')
			buffer_printf(out, "\\%c", c);
		else if (c == '\n')
			buffer_printf(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buffer_printf(out, "\\x%02x", c);
		else
			buffer_add(out, text, 1);
	}
	buffer_add(out, "\"", 1);
}

/* jig.yaml would replace a template in it. A result has no `vars`, so most of
 * {{…}} stays, see compose_text.c. */
static bool is_template(const char *text)
{
	CLEANUP(project_free) struct project project = { 0 };
	CLEANUP(buffer_free) struct buffer rendered = { 0 };
	struct list nothing = { 0 };
	struct fault why;
	struct expander expander = { .project = &project,
				     .env = &nothing,
				     .vars = { &nothing, &nothing },
				     .fault = &why };

	if (!strstr(text, "{{"))
		return false;
	return strstr(text, ".PC_REPLICA_NUM") ||
	       (expand_templates(&expander, text, &rendered) == 0 &&
		strcmp(rendered.text ? rendered.text : "", text) != 0);
}

void write_value(struct buffer *out, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = { 0 };
	bool escapes = is_template(text);

	while (*text) {
		bool opens = escapes && strncmp(text, "{{", 2) == 0;

		if (opens)
			buffer_printf(&plain, "{{ \"{{\" }}");
		else
			buffer_add(&plain, text, 1);
		text += opens ? 2 : 1;
	}
	out->error = out->error ? out->error : plain.error;
	write_text(out, plain.text ? plain.text : "");
}

void write_key(struct item *item, const char *key, const char *text)
{
	buffer_printf(&item->keys, "    %s: ", key);
	write_value(&item->keys, text);
	buffer_add(&item->keys, "\n", 1);
}

void write_note(struct item *item, const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0) {
		item->notes.error = -1;
		return;
	}
	buffer_printf(&item->notes, "    # ");
	write_comment(&item->notes,
		      text); /* A newline would end the comment. */
	buffer_add(&item->notes, "\n", 1);
	item->note_count++;
	free(text);
}

/* Of the name in "$NAME"; 0: it is none. */
static size_t write_variable_length(const char *text)
{
	size_t length = 0;

	if (*text != '$' || isdigit((unsigned char)text[1]))
		return 0;
	while (isalnum((unsigned char)text[1 + length]) ||
	       text[1 + length] == '_')
		length++;
	return length;
}

/* Of the name in "${NAME}"; 0: it is another form. */
static size_t write_braces_length(const char *text)
{
	size_t length;

	if (strncmp(text, "${", 2) != 0 || isdigit((unsigned char)text[2]))
		return 0;
	length = strspn(text + 2, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return text[2 + length] == '}' ? length : 0;
}

/* Between single quotes: a quote in its value becomes '\''. */
static void write_quoted_variable(struct buffer *out, const char *name,
				  size_t length)
{
	buffer_printf(out, "${%.*s//'/'\\\\''}", (int)length, name);
}

void write_word(struct buffer *out, const char *word)
{
	size_t safe = strspn(word, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-./:=@%+,");

	if (*word && !word[safe]) {
		buffer_printf(out, "%s", word);
		return;
	}
	buffer_add(out, "'", 1);
	while (*word) {
		size_t name = write_variable_length(word);

		if (name) { /* In quotes no shell replaces it, but jig does. */
			write_quoted_variable(out, word + 1, name);
			word += 1 + name;
		} else if ((name = write_braces_length(word))) {
			write_quoted_variable(out, word + 2, name);
			word += 3 + name;
		} else if (strncmp(word, "$$", 2) == 0) {
			buffer_add(out, word, 2);
			word += 2;
		} else {
			buffer_printf(out, *word == '\'' ? "'\\''" : "%c",
				      *word);
			word++;
		}
	}
	buffer_add(out, "'", 1);
}
