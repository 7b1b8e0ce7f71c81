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
	*machine = (struct machine){
		.directory = machine->directory,
		.nodes = machine->nodes,
		.on_each_node = machine->on_each_node,
	};
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

/* ------------------------------------------------------------------- nodes */

/* Its name becomes a part of the words of the transport. */
static int compose_via_take_node(struct compose *compose, yaml_node_t *node,
				 void *target)
{
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && (!*text || strpbrk(text, " \t\n'\"\\")))
		return compose_wrong(compose, node,
				     "nodes: '%s' is not the name of a node",
				     text);
	return r < 0 ? r : compose_append(target, text);
}

int compose_nodes(struct compose *compose, yaml_node_t *node, void *target)
{
	struct service *service = target;
	int r;

	list_free(&service->machine.nodes);
	r = compose_each(compose, node, &service->machine.nodes,
			 compose_via_take_node);
	if (service->machine.nodes.count > 0)
		service->replicas = (unsigned)service->machine.nodes.count;
	return r;
}

int compose_on_each_node(struct compose *compose, yaml_node_t *node,
			 struct service *service)
{
	const char *text = "";
	int r = node ? compose_scalar(compose, node, &text) : 0;

	if (r < 0 || strcmp(text, "nodes") != 0)
		return r;
	/* Those of the file, if it names some. */
	service->machine.on_each_node = service->machine.nodes.count == 0;
	if (service->machine.on_each_node)
		service->replicas = REPLICAS_NODES;
	return 1;
}

/* -------------------------------------------------- what cannot work there */

static bool compose_via_is_tuned(const struct machine *machine)
{
	return machine->jig || machine->address || machine->timeout_us ||
	       machine->pushes;
}

/* Without the mark each instance would be on the same node. */
static const char *wrong_nodes(const struct machine *machine)
{
	bool has_nodes = machine->nodes.count > 0 || machine->on_each_node;
	bool has_mark = machine->via && strstr(machine->via, MACHINE_NODE);

	if (has_nodes && !has_mark)
		return "nodes: via needs '{node}', which stands for the name "
		       "of the node";
	if (has_mark && !has_nodes)
		return "via: '{node}' needs the key nodes, or replicas: nodes";
	return NULL;
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
	const char *wrong = wrong_nodes(machine);

	if (wrong)
		return compose_wrong(compose,
				     compose_via_place(compose, last, "via"),
				     "%s", wrong);
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
