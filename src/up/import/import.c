// SPDX-License-Identifier: MIT
#include "up/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file/named.h"
#include "up/import/parts.h"
#include "up/yaml/document.h"

#define FILE_MAX (5 << 20)

static void import_item_free(struct item *item)
{
	buffer_free(&item->notes);
	buffer_free(&item->keys);
}

/* A service that could not be a process. */
static void import_note_service(struct item *item)
{
	const char *image = item_text(item, item->node, "image");

	if (image)
		write_note(item,
			   "%s: %s is an image: jig pulls none; install the "
			   "program, and add its command here",
			   item->name, image);
	else
		write_note(item,
			   "%s: it has no command here; that of its Dockerfile "
			   "(CMD) may be added",
			   item->name);
}

static int import_service(struct item *item, struct buffer *out,
			  struct buffer *others, struct imported *ret)
{
	int r = 0;

	if (!service_is_process(item->compose, item->node)) {
		import_note_service(item);
		buffer_add(others, item->notes.text, item->notes.used);
	} else {
		r = service_take(item);
		buffer_printf(out, "  ");
		write_text(out, item->name);
		buffer_printf(out, ":\n");
		if (item->notes.used)
			buffer_add(out, item->notes.text, item->notes.used);
		if (item->keys.used)
			buffer_add(out, item->keys.text, item->keys.used);
		ret->services++;
	}
	ret->notes += item->note_count;
	return r;
}

/* What is beside `services`. */
static void import_top(const struct item *top, yaml_node_t *root,
		       struct buffer *out, struct imported *ret)
{
	yaml_node_t *value;
	const char *name;

	for (size_t i = 0; item_pair(top, root, i, &name, &value); i++) {
		if (!name || strncmp(name, "x-", 2) == 0 ||
		    strcmp(name, "services") == 0 ||
		    strcmp(name, "version") == 0)
			continue;
		if (strcmp(name, "name") == 0 && item_scalar(value)) {
			buffer_printf(out, "name: ");
			write_text(out, item_scalar(value));
			buffer_printf(out, "\n");
			continue;
		}
		buffer_printf(out, "# ");
		write_comment(out, name);
		buffer_printf(out, ": %s\n",
			      strcmp(name, "include") == 0
				      ? "is not followed"
				      : "has no meaning for processes");
		ret->notes++;
	}
}

static int import_root(struct compose *compose, yaml_node_t *root,
		       struct buffer *out, struct imported *ret)
{
	struct item top = { .compose = compose };
	CLEANUP(buffer_free) struct buffer others = { 0 };
	yaml_node_t *services = item_find(&top, root, "services"), *value;
	const char *name;
	int r = 0;

	if (!services || services->type != YAML_MAPPING_NODE)
		return compose_wrong(compose, root,
				     "expected a mapping with the key "
				     "'services'");
	buffer_printf(out, "# Written by: jig import compose\n");
	import_top(&top, root, out, ret);
	buffer_printf(out, "processes:\n");
	for (size_t i = 0;
	     r == 0 && item_pair(&top, services, i, &name, &value); i++) {
		CLEANUP(import_item_free)
		struct item item = {
			.compose = compose,
			.services = services,
			.node = value,
			.name = name,
			.directory = ".",
		};

		if (name && strncmp(name, "x-", 2) != 0)
			r = import_service(&item, out, &others, ret);
	}
	if (others.used)
		buffer_add(out, others.text, others.used);
	if (r == 0 && ret->services == 0)
		return fault_set(compose->fault, -ENOENT,
				 "%s: no service could be a process: none is "
				 "built here and has a command",
				 compose->place.file);
	return r < 0 || out->error || others.error ? -ENOMEM : 0;
}

static int import_document(struct compose *compose, yaml_document_t *document,
			   struct buffer *out, struct imported *ret)
{
	yaml_node_t *root;
	int r = compose_open(compose, document, &root);

	return r < 0 ? r : import_root(compose, root, out, ret);
}

int import_compose(const char *file, enum named_by by, struct buffer *ret_yaml,
		   struct imported *ret, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP(project_free) struct project project = { 0 };
	struct compose compose = { .project = &project,
				   .place.file = file,
				   .fault = fault };
	yaml_document_t document;
	ssize_t length = named_read(AT_FDCWD, file, by, FILE_MAX, &text, fault);
	int r = length < 0 ? (int)length
			   : document_read(text, (size_t)length, file,
					   &document, fault);

	if (r < 0)
		return r;
	*ret = (struct imported){ 0 };
	r = import_document(&compose, &document, ret_yaml, ret);
	yaml_document_delete(&document);
	return r;
}
