// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "up/import/parts.h"

void write_text(struct buffer *out, const char *text)
{
	buffer_add(out, "\"", 1);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
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
	/* A newline would end the comment. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	buffer_printf(&item->notes, "    # %s\n", text);
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
