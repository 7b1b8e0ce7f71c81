// SPDX-License-Identifier: MIT
/* via: the machine on which a process runs. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "up/files/compose_reader.h"
#include "up/project/machine.h"
#include "via/order.h"

/* An empty one: the process runs here, whatever an earlier file has. */
static int compose_via_take_words(struct compose *compose, yaml_node_t *node,
				  void *target)
{
	struct list words;
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	*(const char **)target = *text ? text : NULL;
	r = *text ? via_split(text, &words) : 1;
	if (r == -EINVAL)
		return compose_wrong(compose, node,
				     "via: '%s' is not a command such as 'ssh "
				     "host', with each quote closed",
				     text);
	if (r == 0)
		list_free_texts(&words);
	return r < 0 ? r : 0;
}

static int compose_via_take_address(struct compose *compose, yaml_node_t *node,
				    void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && strpbrk(text, " \t\n/"))
		return compose_wrong(compose, node,
				     "address: '%s' is not a host's name or "
				     "address",
				     text);
	if (r == 0)
		*(const char **)target = *text ? text : NULL;
	return r;
}

static int compose_via_take_jig(struct compose *compose, yaml_node_t *node,
				void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0)
		*(const char **)target = *text ? text : NULL;
	return r;
}

int compose_via(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "command", KEY_TAKE, offsetof(struct machine, via),
		  compose_via_take_words },
		{ "jig", KEY_TAKE, offsetof(struct machine, jig),
		  compose_via_take_jig },
		{ "push", KEY_BOOL, offsetof(struct machine, pushes), NULL },
		{ "address", KEY_TAKE, offsetof(struct machine, address),
		  compose_via_take_address },
		{ "timeout", KEY_SECONDS, offsetof(struct machine, timeout_us),
		  NULL },
		{ 0 },
	};
	struct machine *machine = target;

	/* A mapping changes single keys, as in each other key of a file. */
	if (node->type == YAML_MAPPING_NODE)
		return compose_map(compose, node, keys, target);
	*machine = (struct machine){ .directory = machine->directory };
	return compose_via_take_words(compose, node, &machine->via);
}

/* By default that of the process; a probe runs in that of jig. A relative one
 * begins at the project's directory, or at that of jig there. */
int compose_exec_directory(struct compose *compose,
			   const struct compose_exec *exec,
			   const struct service *service, const char **ret)
{
	struct project *project = compose->project;
	const char *own = exec->cwd && *exec->cwd ? exec->cwd : NULL;

	if (service_is_far(service))
		*ret = own ? own : service->machine.directory;
	else if (!own)
		*ret = service->cwd ? service->cwd : project->directory;
	else
		*ret = *own == '/' ? own
				   : project_print(project, "%s/%s",
						   project->directory, own);
	return *ret || service_is_far(service) ? 0 : -ENOMEM;
}

/* -------------------------------------------------- what cannot work there */

static bool compose_via_is_tuned(const struct machine *machine)
{
	return machine->jig || machine->address || machine->timeout_us ||
	       machine->pushes;
}

/* The value of the key, or else the process. */
static const yaml_node_t *compose_via_place(struct compose *compose,
					    const struct compose_entry *last,
					    const char *key)
{
	const yaml_node_t *node = compose_find(compose, last->value, key);

	return node ? node : last->key;
}

int compose_via_check(struct compose *compose, const struct compose_entry *last,
		      const struct service *service)
{
	const struct machine *machine = &service->machine;

	if (!service_is_far(service))
		return compose_via_is_tuned(machine)
			       ? compose_wrong(compose,
					       compose_via_place(compose, last,
								 "via"),
					       "via: it has no command")
			       : 0;
	if (service->is_tty)
		return compose_wrong(
			compose, compose_via_place(compose, last, "is_tty"),
			"is_tty: '%s' runs on another machine (via), where it "
			"cannot have a terminal",
			service->name);
	/* jig there ends when the command has left nothing. */
	if (service->is_daemon && service->ready.probes.count > 0)
		return compose_wrong(
			compose, compose_via_place(compose, last, "is_daemon"),
			"is_daemon: '%s' runs on another machine (via), where "
			"the probes of a daemon cannot go on",
			service->name);
	return 0;
}
