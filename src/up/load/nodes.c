// SPDX-License-Identifier: MIT
#include "up/load/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/load/ask.h"

#define SCONTROL_US 10000000
/* The names of 10,000 nodes are far shorter. */
#define NAMES_SIZE (4UL << 20)

static int nodes_run(const char *jig, const char *list, char **ret,
		     struct fault *fault)
{
	const char *const words[] = { "scontrol", "show", "hostnames", list,
				      NULL };
	struct jig_command command = {
		.argv = words,
		.ring_size = NAMES_SIZE,
		.timeout_us = SCONTROL_US,
	};

	return ask_program(jig, &command, ret, fault);
}

static int nodes_take(struct project *project, char *text, struct list *ret)
{
	char *rest = NULL;
	int r = 0;

	for (char *line = strtok_r(text, " \n", &rest); r == 0 && line;
	     line = strtok_r(NULL, " \n", &rest)) {
		const char *node = project_copy(project, line);

		r = node ? list_append(ret, &node, sizeof(node)) : -ENOMEM;
	}
	return r;
}

static int nodes_ask(const char *jig, struct project *project,
		     const struct service *service, struct list *ret,
		     struct fault *fault)
{
	const char *list = getenv("SLURM_JOB_NODELIST");
	CLEANUP_FREE char *text = NULL;
	int r;

	if (!list || !*list)
		return fault_set(fault, -EINVAL,
				 "%s: replicas: nodes: there is no allocation "
				 "of Slurm here (SLURM_JOB_NODELIST is not "
				 "set); use salloc or sbatch, or name the "
				 "nodes (nodes: [a, b])",
				 service->name);
	r = nodes_run(jig, list, &text, fault);
	if (r < 0)
		return r;
	if (r > 0 || !text)
		return fault_set(fault, -EINVAL,
				 "%s: replicas: nodes: scontrol show hostnames "
				 "'%s' has exited with status %d",
				 service->name, list, r);
	return nodes_take(project, text, ret);
}

static bool needs_nodes(const struct service *service)
{
	return service->machine.on_each_node && service->replicas > 0;
}

static int nodes_copy(const struct list *nodes, struct service *service)
{
	struct list *own = &service->machine.nodes;
	int r = 0;

	list_free(own);
	for (size_t i = 0; r == 0 && i < nodes->count; i++)
		r = list_append(own, list_at(nodes, i, sizeof(char *)),
				sizeof(char *));
	if (service->replicas == REPLICAS_NODES)
		service->replicas = (unsigned)nodes->count;
	return r;
}

static int nodes_check(const struct service *service, struct fault *fault)
{
	size_t count = service->machine.nodes.count;

	if (count == 0 || service->replicas <= count)
		return 0;
	return fault_set(fault, -EINVAL,
			 "%s: %u instances need as many nodes, and there are "
			 "%zu",
			 service->name, service->replicas, count);
}

int nodes_find(const char *jig, struct project *project, struct fault *fault)
{
	CLEANUP(list_free) struct list nodes = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (needs_nodes(service) && nodes.count == 0)
			r = nodes_ask(jig, project, service, &nodes, fault);
		if (r == 0 && needs_nodes(service))
			r = nodes_copy(&nodes, service);
		if (r == 0)
			r = nodes_check(service, fault);
	}
	return r;
}

void nodes_leave_out(struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (service->replicas == REPLICAS_NODES)
			service->replicas = 1;
	}
}
