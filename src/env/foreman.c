// SPDX-License-Identifier: MIT
/*
 * As Foreman reads them: each line matches \A([A-Za-z_0-9]+)=(.*)\z; other
 * lines are ignored. 'value' and "value" lose their quotes; in the latter \n
 * becomes a newline and \x becomes x.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "env/dialect.h"

/* Two passes, as in Foreman: first each \n, whatever stands before it, then
 * each \x. The second one does not change a newline. */
static size_t env_foreman_unescape(const char *from, size_t length, char *to)
{
	size_t used = 0, written = 0;

	for (size_t i = 0; i < length; i++) {
		bool is_newline =
			from[i] == '\\' && i + 1 < length && from[i + 1] == 'n';

		to[used++] = is_newline ? '\n' : from[i];
		i += is_newline;
	}
	for (size_t i = 0; i < used; i++) {
		bool is_escape =
			to[i] == '\\' && i + 1 < used && to[i + 1] != '\n';

		to[written++] = is_escape ? to[++i] : to[i];
	}
	return written;
}

static bool is_quoted(const char *value, size_t length, char quote)
{
	return length >= 2 && value[0] == quote && value[length - 1] == quote;
}

static int env_foreman_take(struct env_reader *reader, const char *line,
			    size_t length)
{
	size_t name = 0;

	while (name < length && env_is_name(line[name]))
		name++;
	if (name == 0 || name == length || line[name] != '=')
		return 0;
	const char *value = line + name + 1;
	size_t size = length - name - 1;

	if (is_quoted(value, size, '\''))
		return env_set(reader, line, name, value + 1, size - 2);
	if (!is_quoted(value, size, '"'))
		return env_set(reader, line, name, value, size);
	CLEANUP_FREE char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	size = env_foreman_unescape(value + 1, size - 2, text);
	return env_set(reader, line, name, text, size);
}

int env_read_foreman(struct env_reader *reader)
{
	const char *line;
	size_t length;
	int r = 0;

	for (; r == 0 && env_line(reader, &line, &length); reader->line++)
		r = env_foreman_take(reader, line, length);
	return r;
}
