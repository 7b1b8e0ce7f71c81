// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "up/files/compose_reader.h"
#include "up/yaml/document.h"

int compose_append(struct list *list, const char *text)
{
	return text ? list_append(list, &text, sizeof(text)) : -ENOMEM;
}

static yaml_node_t *node_of(const struct compose *compose, int index)
{
	return yaml_document_get_node(compose->place.document, index);
}

static const char *compose_value_kind_of(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE	  ? "a mapping"
	       : node->type == YAML_SEQUENCE_NODE ? "a list"
						  : "a value";
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

int compose_scalar(const struct compose *compose, const yaml_node_t *node,
		   const char **ret)
{
	if (node->type != YAML_SCALAR_NODE)
		return compose_wrong(compose, node, "expected a value, not %s",
				     compose_value_kind_of(node));
	*ret = is_null(node) ? "" : (const char *)node->data.scalar.value;
	if (strlen((const char *)node->data.scalar.value) !=
	    node->data.scalar.length)
		return compose_wrong(compose, node, "a NUL byte in a value");
	return 0;
}

/* ----------------------------------------------------------------- mappings */

yaml_node_t *compose_find(const struct compose *compose,
			  const yaml_node_t *node, const char *name)
{
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_of(compose, pair->key);

		if (key->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)key->data.scalar.value, name) == 0)
			return node_of(compose, pair->value);
	}
	return NULL;
}

static int check_pairs(const struct compose *compose, const yaml_node_t *node)
{
	const yaml_node_pair_t *first = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	if (end - first > DOCUMENT_KEYS_MAX)
		return compose_wrong(compose, node, "more than %d keys",
				     DOCUMENT_KEYS_MAX);
	for (const yaml_node_pair_t *pair = first; pair < end; pair++) {
		const yaml_node_t *key = node_of(compose, pair->key);
		const char *name = "";
		int r = compose_scalar(compose, key, &name);

		if (r < 0)
			return r;
		if (compose_find(compose, node, name) !=
		    node_of(compose, pair->value))
			return compose_wrong(compose, key,
					     "the key '%s' occurs twice", name);
	}
	return 0;
}

int compose_pairs(struct compose *compose, yaml_node_t *node, void *target,
		  int (*take)(struct compose *compose, yaml_node_t *key,
			      yaml_node_t *value, void *target))
{
	int r = 0;

	if (is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return compose_wrong(compose, node,
				     "expected a mapping, not %s",
				     compose_value_kind_of(node));
	r = check_pairs(compose, node);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     r == 0 && pair < node->data.mapping.pairs.top; pair++)
		r = take(compose, node_of(compose, pair->key),
			 node_of(compose, pair->value), target);
	return r;
}

static const char *key_name(size_t index, const void *table)
{
	return ((const struct key *)table)[index].name;
}

static int unknown_key(struct compose *compose, const yaml_node_t *node,
		       const char *name, const struct key *keys)
{
	const char *nearest = text_nearest(name, key_name, keys);

	if (!nearest && !compose->place.is_strict)
		return compose_note(compose, node,
				    "unknown key '%s' is ignored", name);
	return compose_unknown(compose, node, "key", name, nearest);
}

static int compose_value_take_number(struct compose *compose,
				     const yaml_node_t *node, unsigned *ret)
{
	uint64_t number;
	int r = compose_number(compose, node, 1000000, &number);

	if (r == 0)
		*ret = (unsigned)number;
	return r;
}

static int compose_value_take_value(struct compose *compose,
				    const struct key *key, yaml_node_t *node,
				    void *target)
{
	void *place = (char *)target + key->offset;
	int r;

	switch (key->type) {
	case KEY_IGNORED:
		return 0;
	case KEY_TEXT:
		return compose_text(compose, node, place);
	case KEY_PATH:
		return compose_path(compose, node, place);
	case KEY_BOOL:
		return compose_bool(compose, node, place);
	case KEY_NOT:
		r = compose_bool(compose, node, place);
		*(bool *)place = !*(bool *)place;
		return r;
	case KEY_NUMBER:
		return compose_value_take_number(compose, node, place);
	case KEY_SECONDS:
		return compose_seconds(compose, node, place);
	case KEY_TAKE:
		break;
	}
	return key->take(compose, node, place);
}

/* The current mapping. */
struct reading {
	const struct key *keys;
	void *target;
};

static int take_pair(struct compose *compose, yaml_node_t *key,
		     yaml_node_t *value, void *target)
{
	const struct reading *reading = target;
	const char *name = "";
	int r = compose_scalar(compose, key, &name);

	if (r < 0 || strncmp(name, "x-", 2) == 0)
		return r;
	for (const struct key *one = reading->keys; one->name; one++)
		if (strcmp(one->name, name) == 0)
			return compose_value_take_value(compose, one, value,
							reading->target);
	return unknown_key(compose, key, name, reading->keys);
}

int compose_map(struct compose *compose, yaml_node_t *node,
		const struct key *keys, void *target)
{
	struct reading reading = { keys, target };

	return compose_pairs(compose, node, &reading, take_pair);
}

int compose_each(struct compose *compose, yaml_node_t *node, void *target,
		 int (*take)(struct compose *compose, yaml_node_t *node,
			     void *target))
{
	int r = 0;

	if (is_null(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return take(compose, node, target);
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     r == 0 && item < node->data.sequence.items.top; item++)
		r = take(compose, node_of(compose, *item), target);
	return r;
}

/* ------------------------------------------------------------------ scalars */

static int compose_value_expand(struct compose *compose,
				const yaml_node_t *node, bool is_shell,
				const char **ret)
{
	const char *text = "";
	int r = compose_scalar(compose, node, &text);

	return r < 0 ? r : compose_expand(compose, node, text, is_shell, ret);
}

int compose_text(struct compose *compose, const yaml_node_t *node,
		 const char **ret)
{
	return compose_value_expand(compose, node, false, ret);
}

int compose_line(struct compose *compose, const yaml_node_t *node,
		 const char **ret)
{
	return compose_value_expand(compose, node, true, ret);
}

int compose_one_of(struct compose *compose, const yaml_node_t *node,
		   const struct words *words)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	r = words_parse(words, text);
	return r < 0 ? compose_unknown(compose, node, "value", text,
				       words_nearest(words, text))
		     : r;
}

int compose_bool(struct compose *compose, const yaml_node_t *node, bool *ret)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true },   { "yes", true }, { "on", true },
		{ "false", false }, { "no", false }, { "off", false },
	};
	const char *text;
	int r = compose_text(compose, node, &text);

	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]);
	     i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*ret = words[i].value;
			return 0;
		}
	}
	return r < 0 ? r
		     : compose_wrong(compose, node,
				     "'%s' is neither true nor false", text);
}

int compose_number(struct compose *compose, const yaml_node_t *node,
		   uint64_t max, uint64_t *ret)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && text_number(text, max, ret) < 0)
		return compose_wrong(compose, node,
				     "'%s' is not a number up to %" PRIu64,
				     text, max);
	return r;
}

int compose_seconds(struct compose *compose, const yaml_node_t *node,
		    int64_t *ret_us)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && text_duration(text, ret_us) < 0)
		return compose_wrong(
			compose, node,
			"'%s' is not a duration (seconds, or with a "
			"unit: 500ms, 1.5s, 2m)",
			text);
	return r;
}

int compose_path(struct compose *compose, const yaml_node_t *node,
		 const char **ret)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	if (*text && *text != '/')
		text = project_print(compose->project, "%s/%s",
				     compose->project->directory, text);
	if (!text)
		return -ENOMEM;
	*ret = *text ? text : NULL;
	return 0;
}
