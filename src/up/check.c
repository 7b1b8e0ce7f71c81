// SPDX-License-Identifier: MIT
/* `jig check`: print what would run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/commands.h"
#include "up/load/load.h"
#include "up/load/nodes.h"
#include "up/project/formation.h"

/* Ports of jig.yaml: jig picks them at the start, except for those with a
 * number. */
static void add_port_names(const struct list *ports, struct buffer *ret)
{
	for (size_t i = 0; i < ports->count; i++)
		buffer_printf(ret, "%s%s", i ? "," : "",
			      *(char **)list_at(ports, i, sizeof(char *)));
}

static bool check_starts(const struct service *service)
{
	return service->replicas && !service->disabled &&
	       !service->is_foreground;
}

static void print_service(const struct project *project,
			  const struct service *service, unsigned base)
{
	CLEANUP(buffer_free) struct buffer ports = { 0 };
	int port = project->has_ports ? formation_port(base, service, 1) : 0;
	const char *via = service->machine.via;

	if (port <= 0 && service->ports.count > 0)
		add_port_names(&service->ports, &ports);
	else
		buffer_printf(&ports, "%d", port > 0 ? port : 0);
	say_line("%-16s x %-3u PORT %-6s %s%s%s%s", service->name,
		 check_starts(service) ? service->replicas : 0,
		 ports.text ? ports.text : "", via ? "[" : "", via ? via : "",
		 via ? "] " : "",
		 service->shell	       ? service->shell
		 : service->argv.count ? *(const char **)service->argv.items
				       : "");
}

/* They run only in `jig up`, and only if that is allowed. */
static void note_commands(const struct project *project)
{
	for (size_t i = 0; i < project->commands.count; i++) {
		const struct environment_command *one =
			list_at(&project->commands, i, sizeof(*one));

		complain("%s: %s is set by a command, which jig up runs only "
			 "with --allow-commands",
			 one->place, one->name);
	}
}

/* In one piece: a character may have several bytes. */
static void print_name(const char *name)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	for (; *name; name++) {
		if (strchr("\"\\", *name))
			buffer_add(&text, "\\", 1);
		buffer_add(&text, name, 1);
	}
	say_words("\"%s\"", text.text ? text.text : "");
}

static const char *condition_label(enum condition condition)
{
	static const char *const labels[] = {
		[CONDITION_STARTED] = "started",
		[CONDITION_HEALTHY] = "ready",
		[CONDITION_LOG_READY] = "ready (log)",
		[CONDITION_COMPLETED] = "ended",
		[CONDITION_SUCCEEDED] = "succeeded",
	};

	return labels[condition];
}

static void print_edges(const struct service *service)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on =
			list_at(&service->depends, i, sizeof(*on));

		say_words("\t");
		print_name(service->name);
		say_words(" -> ");
		print_name(on->name);
		say_words(" [label=\"%s\"];\n", condition_label(on->condition));
	}
}

/* An arrow goes from a service to one that it depends on. Services that do not
 * start are dashed. */
static void print_graph(const struct project *project)
{
	say_words("digraph services {\n\tnode [shape=box];\n");
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *service = project_service(project, i);
		say_words("\t");
		print_name(service->name);
		say_words(check_starts(service) ? ";\n" : " [style=dashed];\n");
	}
	for (size_t i = 0; i < project->services.count; i++)
		print_edges(project_service(project, i));
	say_words("}\n");
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
		r = nodes_find(request->jig, &project, &fault);
	if (r == 0)
		r = formation_base_port(&project, request->settings->port,
					getenv("PORT"), &base, &fault);
	if (r < 0)
		return failed(&fault);
	note_commands(&project);
	if (request->settings->graph) {
		print_graph(&project);
		return 0;
	}
	for (size_t i = 0; i < project.services.count; i++)
		print_service(&project, project_service(&project, i), base);
	if (request->settings->origin.used)
		complain("also used: %s", request->settings->origin.text);
	return 0;
}
