// SPDX-License-Identifier: MIT
/* .foreman: a YAML mapping of scalars, the options of Foreman. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/file/named.h"
#include "up/settings/values.h"
#include "up/yaml/document.h"

#define FOREMAN_FILE ".foreman"
#define FOREMAN_MAX (64 << 10)

/* Values that are not scalars are no options. */
static int take_foreman_pair(yaml_document_t *document,
			     const yaml_node_pair_t *pair, struct list *ret)
{
	const yaml_node_t *key = yaml_document_get_node(document, pair->key);
	const yaml_node_t *value =
		yaml_document_get_node(document, pair->value);
	char *text;

	if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
		return 0;
	return asprintf(&text, "%s=%s", (char *)key->data.scalar.value,
			(char *)value->data.scalar.value) < 0
		       ? -ENOMEM
		       : list_take_text(ret, text);
}

static int take_mapping(yaml_document_t *document, struct list *ret,
			struct fault *fault)
{
	const yaml_node_t *root = yaml_document_get_root_node(document);
	int r = 0;

	if (!root)
		return 0;
	if (root->type != YAML_MAPPING_NODE)
		return fault_set(fault, -EINVAL,
				 FOREMAN_FILE
				 ":%zu: not of the form KEY: VALUE",
				 root->start_mark.line + 1);
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     r == 0 && pair < root->data.mapping.pairs.top; pair++)
		r = take_foreman_pair(document, pair, ret);
	return r;
}

static int parse_foreman(const char *text, size_t length, struct list *ret,
			 struct fault *fault)
{
	yaml_document_t document;
	int r = document_read(text, length, FOREMAN_FILE, &document, fault);

	if (r < 0)
		return r;
	r = take_mapping(&document, ret, fault);
	yaml_document_delete(&document);
	return r;
}

int defaults_read_foreman(struct list *ret, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	struct fault why = { "" };
	ssize_t length = named_read(AT_FDCWD, FOREMAN_FILE, NAMED_BY_FILE,
				    FOREMAN_MAX, &text, &why);

	/* A directory of this name is another program's. */
	if (length == -ENOENT || length == -EISDIR)
		return 0;
	return length < 0 ? fault_set(fault, (int)length, "%s", why.text)
			  : parse_foreman(text, (size_t)length, ret, fault);
}
