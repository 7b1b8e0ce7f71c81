// SPDX-License-Identifier: MIT
/* `jig check`: print what would run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "up/commands.h"
#include "up/files/load.h"
#include "up/project/formation.h"

static void print_service(const struct project *project,
			  const struct service *service, unsigned base)
{
	int port = project->has_ports ? formation_port(base, service, 1) : 0;

	say_line("%-16s x %-3u PORT %-6d %s", service->name, service->replicas,
		 port > 0 ? port : 0,
		 service->shell ? service->shell
				: *(const char **)service->argv.items);
}

int run_check(const struct request *request)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	unsigned base = 0;
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
	return 0;
}
