// SPDX-License-Identifier: MIT
#include "env/dialect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Each name is compared with all others, and execve(2) takes few more. */
#define MOST_VARIABLES 10000

static char **env_dialect_find(const struct list *variables, const char *name,
			       size_t length)
{
	for (size_t i = 0; i < variables->count; i++) {
		char **variable = list_at(variables, i, sizeof(char *));

		if (strncmp(*variable, name, length) == 0 &&
		    (*variable)[length] == '=')
			return variable;
	}
	return NULL;
}

int env_set(struct env_reader *reader, const char *name, size_t name_length,
	    const char *value, size_t value_length)
{
	if (memchr(name, '=', name_length))
		return env_wrong(reader, "a name contains '='");
	char **earlier = env_dialect_find(reader->variables, name, name_length);

	if (!earlier && reader->variables->count == MOST_VARIABLES)
		return fault_set(reader->fault, -E2BIG,
				 "%s:%d: more than %d variables", reader->file,
				 reader->line, MOST_VARIABLES);
	char *text = malloc(name_length + value_length + 2);

	if (!text)
		return -ENOMEM;
	memcpy(text, name, name_length);
	text[name_length] = '=';
	memcpy(text + name_length + 1, value, value_length);
	text[name_length + 1 + value_length] = '\0';
	if (earlier) {
		free(*earlier);
		*earlier = text;
		return 0;
	}
	return list_take_text(reader->variables, text);
}

const char *env_get(const struct env_reader *reader, const char *name,
		    size_t length)
{
	char **earlier = env_dialect_find(reader->variables, name, length);

	if (earlier)
		return *earlier + length + 1;
	if (!reader->lookup)
		return NULL;
	CLEANUP_FREE char *copy = strndup(name, length);

	return copy ? reader->lookup(copy, reader->context) : NULL;
}

int env_wrong(const struct env_reader *reader, const char *what)
{
	return fault_set(reader->fault, -EINVAL, "%s:%d: %s", reader->file,
			 reader->line, what);
}

void env_note(const struct env_reader *reader, const char *format, ...)
{
	char *what, *text;
	va_list arguments;

	if (!reader->notes)
		return;
	va_start(arguments, format);
	int length = vasprintf(&what, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	length = asprintf(&text, "%s:%d: %s", reader->file, reader->line, what);
	free(what);
	if (length >= 0)
		(void)list_take_text(reader->notes, text);
}

bool env_line(struct env_reader *reader, const char **ret, size_t *ret_length)
{
	const char *newline;

	if (reader->at >= reader->end)
		return false;
	newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	*ret = reader->at;
	*ret_length = (size_t)((newline ? newline : reader->end) - reader->at);
	reader->at += *ret_length + (newline ? 1 : 0);
	if (newline && *ret_length > 0 && (*ret)[*ret_length - 1] == '\r')
		--*ret_length;
	return true;
}
