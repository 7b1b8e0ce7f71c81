// SPDX-License-Identifier: MIT
/* The keys of a service of docker-compose.yml: a row for each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "up/import/parts.h"

/* ------------------------------------------------------------------- nodes
 */

const char *item_scalar(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static bool import_is_null(const yaml_node_t *node)
{
	const char *text = item_scalar(node);

	return node && text &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 ||
		strcasecmp(text, "null") == 0);
}

yaml_node_t *item_find(const struct item *item, yaml_node_t *node,
		       const char *key)
{
	yaml_node_t *found = node && node->type == YAML_MAPPING_NODE
				     ? compose_find(item->compose, node, key)
				     : NULL;

	return import_is_null(found) ? NULL : found;
}

const char *item_text(const struct item *item, yaml_node_t *node,
		      const char *key)
{
	return item_scalar(item_find(item, node, key));
}

static yaml_node_t *import_node_of(const struct item *item, int number)
{
	return yaml_document_get_node(item->compose->place.document, number);
}

yaml_node_t *item_at(const struct item *item, yaml_node_t *node, size_t index)
{
	const yaml_node_item_t *start, *top;

	if (!node || node->type != YAML_SEQUENCE_NODE)
		return index == 0 && item_scalar(node) ? node : NULL;
	start = node->data.sequence.items.start;
	top = node->data.sequence.items.top;
	return index < (size_t)(top - start)
		       ? import_node_of(item, start[index])
		       : NULL;
}

bool item_pair(const struct item *item, yaml_node_t *node, size_t index,
	       const char **ret_key, yaml_node_t **ret_value)
{
	const yaml_node_pair_t *start, *top;

	if (!node || node->type != YAML_MAPPING_NODE)
		return false;
	start = node->data.mapping.pairs.start;
	top = node->data.mapping.pairs.top;
	if (index >= (size_t)(top - start))
		return false;
	*ret_key = item_scalar(import_node_of(item, start[index].key));
	*ret_value = import_node_of(item, start[index].value);
	return true;
}

static bool has_words(const struct item *item, yaml_node_t *node,
		      const char *key)
{
	yaml_node_t *one = item_at(item, item_find(item, node, key), 0);
	const char *text = item_scalar(one);

	return text && text[strspn(text, " \t\n")];
}

bool service_is_process(const struct compose *compose, yaml_node_t *node)
{
	const struct item item = { .compose = compose };

	if (!has_words(&item, node, "command") &&
	    !has_words(&item, node, "entrypoint"))
		return false;
	return item_find(&item, node, "build") ||
	       !item_find(&item, node, "image");
}

/* ------------------------------------------------------------------- keys */

static bool import_is_variable(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return *text && !text[length] && (*text < '0' || *text > '9');
}

/* A name alone takes its value from where the file takes those of ${NAME}, but
 * the variables of .env do not reach the service: service_take(). */
static void write_variable(struct item *item, const char *name,
			   const yaml_node_t *value)
{
	CLEANUP(buffer_free) struct buffer one = { 0 };

	buffer_printf(&one, "%s", name);
	if (value && !import_is_null(value))
		buffer_printf(&one, "=%s", item_scalar(value));
	else if (import_is_variable(name))
		buffer_printf(&one, "=${%s}", name);
	buffer_printf(&item->keys, "      - ");
	write_value(&item->keys, one.text ? one.text : "");
	buffer_printf(&item->keys, "\n");
}

static void take_item_environment(struct item *item, yaml_node_t *node)
{
	yaml_node_t *value;
	const char *name;

	if (!item_at(item, node, 0) && !item_pair(item, node, 0, &name, &value))
		return;
	buffer_printf(&item->keys, "    environment:\n");
	for (size_t i = 0; (value = item_at(item, node, i)); i++)
		if (item_scalar(value))
			write_variable(item, item_scalar(value), NULL);
	for (size_t i = 0; item_pair(item, node, i, &name, &value); i++)
		if (name && item_scalar(value))
			write_variable(item, name, value);
}

/* From a service's directory back to the file's: "../" for each step. */
static void write_way_back(const char *directory, struct buffer *out)
{
	for (const char *at = directory; *at; at += strcspn(at, "/")) {
		at += strspn(at, "/");
		if (*at && strncmp(at, "./", 2) != 0 && strcmp(at, ".") != 0)
			buffer_printf(out, "../");
	}
}

static void import_take_env_files(struct item *item, yaml_node_t *node)
{
	yaml_node_t *one;
	bool is_far = *item->directory == '/' ||
		      strstr(item->directory, "..") ||
		      strchr(item->directory, '$');
	bool is_first = true;

	for (size_t i = 0; (one = item_at(item, node, i)); i++) {
		CLEANUP(buffer_free) struct buffer path = { 0 };
		const char *text = item_scalar(one);
		const char *needed = item_text(item, one, "required");

		text = text ? text : item_text(item, one, "path");
		if (!text || (needed && strcmp(needed, "false") == 0) ||
		    (is_far && *text != '/')) {
			write_note(item,
				   "env_file: %s is left out: jig.yaml has it "
				   "relative to working_dir, and always needs "
				   "it",
				   text ? text : "it");
			continue;
		}
		if (*text != '/')
			write_way_back(item->directory, &path);
		buffer_printf(&path, "%s", text);
		if (is_first)
			buffer_printf(&item->keys, "    env_file:\n");
		is_first = false;
		buffer_printf(&item->keys, "      - ");
		write_text(&item->keys, path.text ? path.text : "");
		buffer_printf(&item->keys, "\n");
	}
}

static void take_profiles(struct item *item, yaml_node_t *node)
{
	yaml_node_t *one;

	if (!item_at(item, node, 0))
		return;
	buffer_printf(&item->keys, "    disabled: true\n    namespace: [");
	for (size_t i = 0; (one = item_at(item, node, i)); i++) {
		buffer_printf(&item->keys, "%s", i ? ", " : "");
		write_text(&item->keys,
			   item_scalar(one) ? item_scalar(one) : "");
	}
	buffer_printf(&item->keys, "]\n");
	write_note(item, "profiles: it starts only by its name: jig up %s",
		   item->name);
}

static void import_take_tty(struct item *item, yaml_node_t *node)
{
	if (item_scalar(node) && strcmp(item_scalar(node), "true") == 0)
		buffer_printf(&item->keys, "    is_tty: true\n");
}

static void note_stdin(struct item *item, yaml_node_t *node)
{
	if (item_scalar(node) && strcmp(item_scalar(node), "true") == 0)
		write_note(item,
			   "stdin_open: the input of jig up is for one "
			   "service: jig up --stdin %s",
			   item->name);
}

/* Of deploy only what jig has: see take_restart() and take_number(). */
static void take_deploy(struct item *item, yaml_node_t *node)
{
	yaml_node_t *value;
	const char *name;

	for (size_t i = 0; item_pair(item, node, i, &name, &value); i++)
		if (name && strcmp(name, "replicas") != 0 &&
		    strcmp(name, "restart_policy") != 0)
			write_note(item,
				   "deploy.%s: has no meaning for a process",
				   name);
}

static void note_build(struct item *item, yaml_node_t *node)
{
	(void)node;
	write_note(item, "build: nothing is built; what the Dockerfile "
			 "installs must be here");
}

static void note_image(struct item *item, yaml_node_t *node)
{
	write_note(item, "image: %s is not used",
		   item_scalar(node) ? item_scalar(node) : "it");
}

static void import_note_user(struct item *item, yaml_node_t *node)
{
	write_note(item, "user: %s: the service runs as the user of jig up",
		   item_scalar(node) ? item_scalar(node) : "it");
}

static void note_volumes(struct item *item, yaml_node_t *node)
{
	yaml_node_t *one;

	for (size_t i = 0; (one = item_at(item, node, i)); i++)
		write_note(item,
			   "volumes: %s: the process sees the paths of this "
			   "machine",
			   item_scalar(one) ? item_scalar(one)
			   : item_text(item, one, "target")
				   ? item_text(item, one, "target")
				   : "a mount");
}

static void note_extends(struct item *item, yaml_node_t *node)
{
	(void)node;
	write_note(item, "extends: is not followed");
}

/* service_take() and keys.c read them with others. */
static void taken_elsewhere(struct item *item, yaml_node_t *node)
{
	(void)item, (void)node;
}

static const struct {
	const char *name;
	void (*take)(struct item *item, yaml_node_t *node);
} keys[] = {
	{ "build", note_build },
	{ "image", note_image },
	{ "command", taken_elsewhere },
	{ "entrypoint", taken_elsewhere },
	{ "working_dir", taken_elsewhere },
	{ "environment", take_item_environment },
	{ "env_file", import_take_env_files },
	{ "depends_on", take_item_depends },
	{ "healthcheck", take_healthcheck },
	{ "restart", taken_elsewhere },
	{ "deploy", take_deploy },
	{ "scale", taken_elsewhere },
	{ "stop_signal", taken_elsewhere },
	{ "stop_grace_period", taken_elsewhere },
	{ "ports", take_item_ports },
	{ "profiles", take_profiles },
	{ "tty", import_take_tty },
	{ "stdin_open", note_stdin },
	{ "user", import_note_user },
	{ "volumes", note_volumes },
	{ "extends", note_extends },
	{ "<<", taken_elsewhere }, /* was applied */
};

static void take_key(struct item *item, const char *name, yaml_node_t *value)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].name, name) == 0) {
			keys[i].take(item, value);
			return;
		}
	if (strncmp(name, "x-", 2) != 0)
		write_note(item, "%s: has no meaning for a process", name);
}

/* The host's side of a mount of the directory: "./src" of "./src:/app". */
static char *mounted_from(const struct item *item, const char *directory)
{
	yaml_node_t *one, *all = item_find(item, item->node, "volumes");
	size_t length = strlen(directory);

	for (size_t i = 0; (one = item_at(item, all, i)); i++) {
		const char *text = item_scalar(one);
		const char *colon = text ? strchr(text, ':') : NULL;
		const char *target = item_text(item, one, "target");
		const char *source = item_text(item, one, "source");

		if (target && source && strcmp(target, directory) == 0 &&
		    (*source == '.' || *source == '/'))
			return strdup(source);
		if (colon && (*text == '.' || *text == '/') &&
		    strncmp(colon + 1, directory, length) == 0 &&
		    (!colon[1 + length] || colon[1 + length] == ':'))
			return strndup(text, (size_t)(colon - text));
	}
	return NULL;
}

/* The path of a container is not here: the directory that is mounted there;
 * else that of the build, of which it is a copy. */
static void choose_directory(struct item *item, char **ret)
{
	yaml_node_t *build = item_find(item, item->node, "build");
	const char *context = item_scalar(build);
	const char *wanted = item_text(item, item->node, "working_dir");

	context = context ? context : item_text(item, build, "context");
	if (wanted && *wanted == '/')
		*ret = mounted_from(item, wanted);
	if (wanted && *wanted == '/')
		write_note(item, "working_dir: %s is a path of the image",
			   wanted);
	else if (wanted)
		*ret = strdup(wanted);
	item->directory = *ret ? *ret : context ? context : ".";
	if (strstr(item->directory, "://"))
		item->directory = "."; /* A repository. */
	if (strcmp(item->directory, ".") != 0 &&
	    strcmp(item->directory, "./") != 0)
		write_key(item, "working_dir", item->directory);
}

static void take_number(struct item *item)
{
	yaml_node_t *deploy = item_find(item, item->node, "deploy");
	const char *text = item_text(item, item->node, "scale");

	text = text ? text : item_text(item, deploy, "replicas");
	if (!text)
		return;
	item->replicas = (unsigned)strtoul(text, NULL, 10);
	write_key(item, "replicas", text);
}

int service_take(struct item *item)
{
	CLEANUP_FREE char *directory = NULL;
	yaml_node_t *value;
	const char *name;

	item->replicas = 1;
	choose_directory(item, &directory);
	take_commands(item);
	take_number(item);
	for (size_t i = 0; item_pair(item, item->node, i, &name, &value); i++)
		if (name)
			take_key(item, name, value);
	take_restart(item);
	take_stop(item);
	/* As in Compose, where .env is for the file only. */
	buffer_printf(&item->keys, "    is_dotenv_disabled: true\n");
	item->directory = ".";
	return item->notes.error || item->keys.error ? -ENOMEM : 0;
}
