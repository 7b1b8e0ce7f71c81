// SPDX-License-Identifier: MIT
#include "up/files/procfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static bool procfile_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool procfile_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* An ignored line may be a mistake. */
static int ignore(struct procfile *procfile, const char *text, int line,
		  const char *why)
{
	struct procfile_ignored ignored = { .line = line, .why = why };

	while (procfile_is_blank(*text))
		text++;
	if (*text == '\0' || *text == '#')
		return 0;
	return list_append(&procfile->ignored, &ignored, sizeof(ignored));
}

/* ^([A-Za-z0-9_-]+):\s*(.+)$ */
static int procfile_parse_line(struct procfile *procfile, char *text, int line)
{
	struct procfile_entry entry = { .line = line };
	char *colon = text, *command, *end = text + strlen(text);

	while (procfile_is_name(*colon))
		colon++;
	if (colon == text || *colon != ':')
		return ignore(procfile, text, line,
			      strchr(text, ':')
				      ? "a name is of letters, digits, '_' and "
					"'-'"
				      : "no colon after the name");
	for (command = colon + 1; procfile_is_blank(*command); command++)
		;
	while (end > command && procfile_is_blank(end[-1]))
		*--end = '\0';
	if (*command == '\0')
		return ignore(procfile, text, line,
			      "no command after the colon");
	*colon = '\0';
	entry.name = text;
	entry.command = command;
	return list_append(&procfile->entries, &entry, sizeof(entry));
}

static int by_name(const void *one, const void *other)
{
	const struct procfile_entry *a = one, *b = other;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Find the first line whose name occurs on an earlier one. Sort the names: to
 * compare all pairs of a long list is slow. */
static int check_names(const struct procfile *procfile, struct fault *fault)
{
	size_t size = sizeof(struct procfile_entry);
	size_t count = procfile->entries.count;
	const struct procfile_entry *again = NULL, *before = NULL;

	if (count < 2)
		return 0;
	CLEANUP_FREE struct procfile_entry *sorted = malloc(count * size);
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, procfile->entries.items, count * size);
	qsort(sorted, count, size, by_name);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(sorted[i - 1].name, sorted[i].name) == 0 &&
		    (!again || sorted[i].line < again->line)) {
			before = &sorted[i - 1];
			again = &sorted[i];
		}
	}
	return again ? fault_set(fault, -EEXIST,
				 "line %d: '%s' is already defined on line %d",
				 again->line, again->name, before->line)
		     : 0;
}

int procfile_parse(char *text, size_t length, struct procfile *ret,
		   struct fault *fault)
{
	struct procfile procfile = { 0 };
	char *next, *line = text;
	int r = 0;

	if (memchr(text, '\0', length))
		return fault_set(fault, -EINVAL, "it contains a NUL byte");
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		line += 3;
	for (int number = 1; r == 0 && line; number++, line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = procfile_parse_line(&procfile, line, number);
	}
	if (r == 0)
		r = check_names(&procfile, fault);
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
