// SPDX-License-Identifier: MIT
/* `jig check`: print what would run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "up/commands.h"
#include "up/files/load.h"
#include "up/project/formation.h"

/* Ports of jig.yaml: jig picks them at the start, except for those with a
 * number. */
static void add_port_names(const struct list *ports, struct buffer *ret)
{
	for (size_t i = 0; i < ports->count; i++)
		buffer_printf(ret, "%s%s", i ? "," : "",
			      *(char **)list_at(ports, i, sizeof(char *)));
}

static void print_service(const struct project *project,
			  const struct service *service, unsigned base)
{
	CLEANUP(buffer_free) struct buffer ports = { 0 };
	int port = project->has_ports ? formation_port(base, service, 1) : 0;

	if (port <= 0 && service->ports.count > 0)
		add_port_names(&service->ports, &ports);
	else
		buffer_printf(&ports, "%d", port > 0 ? port : 0);
	say_line("%-16s x %-3u PORT %-6s %s", service->name, service->replicas,
		 ports.text ? ports.text : "",
		 service->shell ? service->shell
				: *(const char **)service->argv.items);
}

int run_check(const struct request *request)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	unsigned base = 0;

	request->settings->reviews = true;

	int r = load_project(request->settings,
			     (const char *const *)request->words, &project,
			     &fault);

	if (r == 0)
		r = formation_base_port(&project, request->settings->port,
					getenv("PORT"), &base, &fault);
	if (r < 0)
		return failed(&fault);
	for (size_t i = 0; i < project.services.count; i++)
		print_service(&project, project_service(&project, i), base);
	if (request->settings->origin.used)
		complain("also used: %s", request->settings->origin.text);
	return 0;
}
