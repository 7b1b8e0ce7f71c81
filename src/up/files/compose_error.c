// SPDX-License-Identifier: MIT
/* Errors of a file, with their place in it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "up/files/compose_reader.h"

int compose_wrong(const struct compose *compose, const yaml_node_t *node,
		  const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return fault_set(compose->fault, -EINVAL, "%s:%zu:%zu: %s",
			 compose->place.file, node->start_mark.line + 1,
			 node->start_mark.column + 1, text);
}

int compose_note(struct compose *compose, const yaml_node_t *node,
		 const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return compose_append(&compose->project->notes,
			      project_print(compose->project, "%s:%zu:%zu: %s",
					    compose->place.file,
					    node->start_mark.line + 1,
					    node->start_mark.column + 1, text));
}

int compose_unknown(const struct compose *compose, const yaml_node_t *node,
		    const char *what, const char *text, const char *nearest)
{
	return compose_wrong(compose, node, "unknown %s '%s'%s%s%s", what, text,
			     nearest ? "; did you mean '" : "",
			     nearest ? nearest : "", nearest ? "'?" : "");
}
