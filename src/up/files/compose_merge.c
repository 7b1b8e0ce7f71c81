// SPDX-License-Identifier: MIT
/*
 * Merge keys of YAML 1.1: {<<: *a, own: 1} also has the pairs of *a whose keys
 * it does not have itself. In a list the earlier mapping wins.
 *
 * This is applied to the whole document before other files of this folder read
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "up/files/compose_reader.h"
#include "up/yaml/document.h"

/* Limit of pairs to add: with aliases a short text could add any number, or the
 * same ones any number of times. */
#define ADDED_MAX 100000

enum mark { NEW, INSIDE, DONE };

struct merging {
	struct compose *compose;
	yaml_document_t *document;
	unsigned char *marks; /* of each node */
	size_t added;
};

static yaml_node_t *compose_merge_node_at(const struct merging *merging,
					  int index)
{
	return yaml_document_get_node(merging->document, index);
}

static bool is_merge(const yaml_node_t *key)
{
	return key->type == YAML_SCALAR_NODE &&
	       strcmp((const char *)key->data.scalar.value, "<<") == 0;
}

static bool compose_merge_is_same(const yaml_node_t *a, const yaml_node_t *b)
{
	return a->type == YAML_SCALAR_NODE && b->type == YAML_SCALAR_NODE &&
	       a->data.scalar.length == b->data.scalar.length &&
	       memcmp(a->data.scalar.value, b->data.scalar.value,
		      a->data.scalar.length) == 0;
}

static bool has_key(const struct merging *merging, int mapping, int key)
{
	const yaml_node_t *node = compose_merge_node_at(merging, mapping);
	const yaml_node_t *wanted = compose_merge_node_at(merging, key);

	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++)
		if (compose_merge_is_same(compose_merge_node_at(merging,
								pair->key),
					  wanted))
			return true;
	return false;
}

static bool is_full(const struct merging *merging, int mapping)
{
	const yaml_node_t *node = compose_merge_node_at(merging, mapping);

	return node->data.mapping.pairs.top - node->data.mapping.pairs.start >
	       DOCUMENT_KEYS_MAX;
}

static int resolve(struct merging *merging, int index);

/* Add the pairs of @from that @to does not have. */
static int add_pairs(struct merging *merging, int to, int from)
{
	yaml_node_t *source = compose_merge_node_at(merging, from);
	int r = resolve(merging, from);

	if (r == 0 && source->type != YAML_MAPPING_NODE)
		return compose_wrong(merging->compose, source,
				     "<< does not refer to a mapping");
	for (ptrdiff_t i = 0;
	     r == 0 && i < source->data.mapping.pairs.top -
				       source->data.mapping.pairs.start;
	     i++) {
		yaml_node_pair_t pair = source->data.mapping.pairs.start[i];

		if (++merging->added > ADDED_MAX || is_full(merging, to))
			return compose_wrong(merging->compose, source,
					     "<< adds too many keys");
		if (has_key(merging, to, pair.key))
			continue;
		if (!yaml_document_append_mapping_pair(merging->document, to,
						       pair.key, pair.value))
			return -ENOMEM;
	}
	return r;
}

static int compose_merge_add_all(struct merging *merging, int to, int value)
{
	const yaml_node_t *node = compose_merge_node_at(merging, value);
	int r = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return add_pairs(merging, to, value);
	for (ptrdiff_t i = 0;
	     r == 0 && i < node->data.sequence.items.top -
				       node->data.sequence.items.start;
	     i++)
		r = add_pairs(merging, to, node->data.sequence.items.start[i]);
	return r;
}

/* Remove the pair "<<". @return its value; 0: there is none. */
static int compose_merge_take_merge(const struct merging *merging, int mapping)
{
	yaml_node_t *node = compose_merge_node_at(merging, mapping);
	yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	while (pair < node->data.mapping.pairs.top &&
	       !is_merge(compose_merge_node_at(merging, pair->key)))
		pair++;
	if (pair == node->data.mapping.pairs.top)
		return 0;
	int value = pair->value;

	*pair = *--node->data.mapping.pairs.top;
	return value;
}

static int resolve(struct merging *merging, int index)
{
	yaml_node_t *node = compose_merge_node_at(merging, index);
	int value, r = 0;

	if (node->type != YAML_MAPPING_NODE || merging->marks[index] == DONE)
		return 0;
	if (merging->marks[index] == INSIDE)
		return compose_wrong(merging->compose, node,
				     "a mapping merges itself");
	merging->marks[index] = INSIDE;
	while (r == 0 &&
	       (value = compose_merge_take_merge(merging, index)) != 0)
		r = compose_merge_add_all(merging, index, value);
	merging->marks[index] = DONE;
	return r;
}

int compose_merge(struct compose *compose, yaml_document_t *document)
{
	struct merging merging = { .compose = compose, .document = document };
	int count = (int)(document->nodes.top - document->nodes.start);
	int r = 0;

	merging.marks = calloc((size_t)count + 1, 1);
	if (!merging.marks)
		return -ENOMEM;
	/* libyaml numbers nodes from 1 on. */
	for (int i = 1; r == 0 && i <= count; i++)
		r = resolve(&merging, i);
	free(merging.marks);
	return r;
}
