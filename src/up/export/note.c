// SPDX-License-Identifier: MIT
/* What a format cannot express, as lines for the user. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "up/export/text.h"

/* All instances of a service have the same notes. */
static void add_once(struct buffer *notes, const char *name, const char *text)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	const char *found = notes->text;

	buffer_printf(&line, "%s: %s\n", name, text);
	if (!line.text || line.error) {
		notes->error = -ENOMEM;
		return;
	}
	while (found && (found = strstr(found, line.text))) {
		if (found == notes->text || found[-1] == '\n')
			return;
		found++;
	}
	buffer_add(notes, line.text, line.used);
}

void export_note(const struct export *export, const struct service *service,
		 const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One line each, also if a name contains a newline. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	add_once(export->notes, service ? service->name : export->application,
		 text);
}
