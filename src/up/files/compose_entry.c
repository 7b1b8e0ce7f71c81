// SPDX-License-Identifier: MIT
/*
 * The entries of `processes`, of all files, and how they make services.
 *
 * A process may have entries in several files (-f, extends of a file), and may
 * extend another process. So the entries are kept until all files are read.
 * Then each service is read from the entries of the process that it extends,
 * and of that which this one extends, and last from its own.
 */
#include <errno.h>
#include <string.h>

#include "up/files/compose_reader.h"

/* Limit of processes that extend each other. */
#define CHAIN_MAX 16

/* Names occur in paths, on terminals and in `jig scale NAME=N`. */
static bool compose_entry_is_name(const char *name)
{
	if (!*name || *name == '.' || *name == '-' || strpbrk(name, "/,="))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

/* A later file changes the process of an earlier one. */
static int add_service(struct compose *compose, const struct compose_entry *one)
{
	struct project *project = compose->project;
	struct service fresh = { .name = one->name,
				 .replicas = 1,
				 .line = (int)one->key->start_mark.line + 1,
				 .port_index = (int)project->services.count };

	if (!compose_entry_is_name(one->name))
		return compose_wrong(compose, one->key,
				     "'%s' is not a process name", one->name);
	return project_find(project, one->name) ? 0
						: project_add(project, &fresh);
}

int compose_add_entry(struct compose *compose, yaml_node_t *key,
		      yaml_node_t *value, void *unused)
{
	struct compose_entry entry = { .key = key,
				       .value = value,
				       .place = compose->place };
	int r = compose_text(compose, key, &entry.name);

	(void)unused;
	if (r < 0 || strncmp(entry.name, "x-", 2) == 0)
		return r;
	r = add_service(compose, &entry);
	return r < 0 ? r
		     : list_append(&compose->entries, &entry, sizeof(entry));
}

static struct compose_entry *entry_at(const struct compose *compose,
				      size_t index)
{
	return list_at(&compose->entries, index, sizeof(struct compose_entry));
}

/* ----------------------------------------------------------------- extends */

/* What a process extends: the last entry that says so.
 * @return 1: @ret_name, at @ret_node; 0: nothing; -errno. */
static int find_base(struct compose *compose, const char *name,
		     const char **ret_name, const yaml_node_t **ret_node)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < compose->entries.count; i++) {
		struct compose_entry *one = entry_at(compose, i);

		if (strcmp(one->name, name) != 0)
			continue;
		compose->place = one->place;

		const yaml_node_t *node =
			compose_find(compose, one->value, "extends");

		if (!node)
			continue;
		r = compose_text(compose, node, ret_name);
		*ret_node = node;
		if (r == 0)
			r = **ret_name != '\0';
	}
	return r;
}

/* @chain  the service's name, that of the process that it extends, … */
static int find_chain(struct compose *compose, const char *chain[CHAIN_MAX],
		      size_t *ret_count)
{
	const yaml_node_t *node = NULL;
	size_t count = 1;
	int r = 1;

	while (r > 0) {
		r = find_base(compose, chain[count - 1], &chain[count], &node);
		if (r <= 0)
			break;
		if (!project_find(compose->project, chain[count]))
			return compose_wrong(compose, node,
					     "'%s' extends '%s', which is not "
					     "a process",
					     chain[count - 1], chain[count]);
		if (++count == CHAIN_MAX)
			return compose_wrong(compose, node,
					     "processes extend each other");
	}
	*ret_count = count;
	return r;
}

/* ----------------------------------------------------------------- services */

typedef int read_entry(struct compose *compose,
		       const struct compose_entry *entry,
		       struct service *service);

/* The entries of the last of the chain first. */
static int read_entries(struct compose *compose, const char *const *chain,
			size_t count, read_entry *take, struct service *service)
{
	int r = 0;

	for (size_t c = count; r == 0 && c > 0; c--)
		for (size_t i = 0; r == 0 && i < compose->entries.count; i++) {
			const struct compose_entry *one = entry_at(compose, i);

			if (strcmp(one->name, chain[c - 1]) != 0)
				continue;
			compose->place = one->place;
			r = take(compose, one, service);
		}
	return r;
}

/* @return NULL: none; a Procfile has the service. */
static const struct compose_entry *last_entry(const struct compose *compose,
					      const char *name)
{
	for (size_t i = compose->entries.count; i-- > 0;)
		if (strcmp(entry_at(compose, i)->name, name) == 0)
			return entry_at(compose, i);
	return NULL;
}

static int resolve_one(struct compose *compose, struct service *service)
{
	const struct compose_entry *last = last_entry(compose, service->name);
	const char *chain[CHAIN_MAX] = { service->name };
	size_t count = 0;
	int r = last ? find_chain(compose, chain, &count) : 0;

	if (!last)
		return 0;
	compose_begin(compose);
	if (r == 0)
		r = read_entries(compose, chain, count, compose_process_first,
				 service);
	if (r == 0)
		r = read_entries(compose, chain, count, compose_process,
				 service);
	return r < 0 ? r : compose_end(compose, last, service);
}

int compose_resolve(struct compose *compose)
{
	struct compose_place before = compose->place;
	int r = 0;

	for (size_t i = 0; r == 0 && i < compose->project->services.count; i++)
		r = resolve_one(compose, project_service(compose->project, i));
	compose_begin(compose);
	compose->place = before;
	return r;
}
