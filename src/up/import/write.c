// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void write_key(struct item *item, const char *key, const char *text)
{
	buffer_printf(&item->keys, "    %s: ", key);
	write_text(&item->keys, text);
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
	for (; *word; word++)
		if (*word == '\'')
			buffer_printf(out, "'\\''");
		else
			buffer_add(out, word, 1);
	buffer_add(out, "'", 1);
}
