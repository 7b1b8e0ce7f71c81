// SPDX-License-Identifier: MIT
/* Errors of a file, with their place in it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
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

/* "web", "worker": those that are built here and have a command. */
static void add_candidates(const struct compose *compose, yaml_node_t *services,
			   struct buffer *ret)
{
	const yaml_node_pair_t *pair;

	if (services->type != YAML_MAPPING_NODE)
		return;
	for (pair = services->data.mapping.pairs.start;
	     pair < services->data.mapping.pairs.top; pair++) {
		yaml_document_t *document = compose->place.document;
		yaml_node_t *value =
			yaml_document_get_node(document, pair->value);
		const char *name = "";

		if (value->type != YAML_MAPPING_NODE ||
		    compose_scalar(compose,
				   yaml_document_get_node(document, pair->key),
				   &name) < 0 ||
		    !compose_find(compose, value, "build") ||
		    (!compose_find(compose, value, "command") &&
		     !compose_find(compose, value, "entrypoint")))
			continue;
		buffer_printf(ret, "%s%s", ret->used ? ", " : "", name);
	}
}

int compose_containers(const struct compose *compose, const yaml_node_t *node,
		       yaml_node_t *services)
{
	CLEANUP(buffer_free) struct buffer names = { 0 };

	add_candidates(compose, services, &names);
	return compose_wrong(
		compose, node,
		"this is a file of Docker Compose: its services are "
		"containers, and jig runs processes. %s%s. jig import compose "
		"%s writes a jig.yaml",
		names.text ? "These could be processes (build and command): "
			   : "None has both build and command",
		names.text ? names.text : "", compose->place.file);
}
