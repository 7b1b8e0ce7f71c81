// SPDX-License-Identifier: MIT
#include "app/procfile.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static const struct procfile_entry *find(const struct procfile *procfile,
					 const char *name)
{
	for (size_t i = 0; i < procfile->entries.count; i++) {
		const struct procfile_entry *entry =
			list_at(&procfile->entries, i,
				sizeof(struct procfile_entry));

		if (strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

static int add(struct procfile *procfile, const char *name, const char *command,
	       int line, struct fault *fault)
{
	struct procfile_entry entry = { name, command, line };
	const struct procfile_entry *earlier = find(procfile, name);

	if (earlier)
		return fault_set(fault, -EEXIST,
				 "line %d: '%s' stands on line %d already",
				 line, name, earlier->line);
	return list_append(&procfile->entries, &entry, sizeof(entry));
}

/* What says nothing, but was meant to, perhaps. */
static int ignore(struct procfile *procfile, const char *text, int line)
{
	while (is_blank(*text))
		text++;
	if (*text == '\0' || *text == '#')
		return 0;
	return list_append(&procfile->ignored, &line, sizeof(line));
}

/* ^([A-Za-z0-9_-]+):\s*(.+)$ */
static int parse_line(struct procfile *procfile, char *text, int line,
		      struct fault *fault)
{
	char *colon = text, *command, *end = text + strlen(text);

	while (is_name(*colon))
		colon++;
	if (colon == text || *colon != ':')
		return ignore(procfile, text, line);
	for (command = colon + 1; is_blank(*command); command++)
		;
	while (end > command && is_blank(end[-1]))
		*--end = '\0';
	if (*command == '\0')
		return ignore(procfile, text, line);
	*colon = '\0';
	return add(procfile, text, command, line, fault);
}

int procfile_parse(char *text, size_t length, struct procfile *ret,
		   struct fault *fault)
{
	struct procfile procfile = { 0 };
	char *next, *line = text;
	int r = 0;

	if (memchr(text, '\0', length))
		return fault_set(fault, -EINVAL, "there is a NUL byte in it");
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		line += 3;
	for (int number = 1; r == 0 && line; number++, line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = parse_line(&procfile, line, number, fault);
	}
	if (r < 0)
		procfile_free(&procfile);
	else
		*ret = procfile;
	return r;
}

void procfile_free(struct procfile *procfile)
{
	list_free(&procfile->entries);
	list_free(&procfile->ignored);
}
