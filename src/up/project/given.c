// SPDX-License-Identifier: MIT
#include "up/project/given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "up/project/formation.h"

/* ---------------------------------------------------------------- settling */

static int give_variables(const struct project *project,
			  struct service *service)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->env.count; i++) {
		const char *one =
			*(const char **)list_at(&project->env, i, sizeof(one));

		if (project_gives(project, service, one))
			r = environment_set(&service->given.env, one);
	}
	return r;
}

int project_give(struct project *project, const char *port, struct fault *fault)
{
	unsigned base = 0;
	int r = formation_base_port(project, port, getenv("PORT"), &base,
				    fault);

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		service->given.directory = project->directory;
		service->given.shell = project->shell;
		service->given.shell_argument = project->shell_argument;
		service->given.port = project->has_ports ? base : 0;
		service->given.replicas = service->replicas;
		r = give_variables(project, service);
	}
	return r;
}

static void share_log(struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (service->log.path)
			continue;
		service->log = project->log;
		service->log.has_names = true;
	}
}

int project_settle(struct project *project, const char *port,
		   struct fault *fault)
{
	int r = project_give(project, port, fault);

	if (r == 0)
		share_log(project);
	return r;
}

int service_port(const struct service *service, unsigned instance)
{
	int port = service->given.port ? formation_port(service->given.port,
							service, instance)
				       : 0;

	return port > 0 ? port : 0;
}

/* --------------------------------------------------------------- comparing */

/* The service's own variables stand over those that it is given. */
static int all_variables(const struct service *service, struct list *ret)
{
	const struct list *both[] = { &service->given.env, &service->env };
	int r = 0;

	for (int l = 0; l < 2; l++)
		for (size_t i = 0; r == 0 && i < both[l]->count; i++)
			r = environment_set(ret,
					    *(char **)list_at(both[l], i,
							      sizeof(char *)));
	return r;
}

static bool variables_have_name(const struct list *list, const char *variable)
{
	size_t length = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(*(char **)list_at(list, i, sizeof(char *)),
			    variable, length) == 0)
			return true;
	return false;
}

static bool variables_have(const struct list *list, const char *variable)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(*(char **)list_at(list, i, sizeof(char *)),
			   variable) == 0)
			return true;
	return false;
}

/* Never its value, which may be a secret. */
static int note_variable(struct list *ret, const char *variable,
			 const char *what)
{
	char *text;

	if (asprintf(&text, "variable %.*s%s", (int)strcspn(variable, "="),
		     variable, what) < 0)
		return -ENOMEM;
	return list_take_text(ret, text);
}

int variables_compare(const struct service *old, const struct service *new,
		      struct list *ret)
{
	CLEANUP(list_free) struct list before = { 0 };
	CLEANUP(list_free) struct list after = { 0 };
	int r = all_variables(old, &before);

	if (r == 0)
		r = all_variables(new, &after);
	for (size_t i = 0; r == 0 && i < after.count; i++) {
		const char *one = *(char **)list_at(&after, i, sizeof(one));

		if (!variables_have_name(&before, one))
			r = note_variable(ret, one, " is new");
		else if (!variables_have(&before, one))
			r = note_variable(ret, one, "");
	}
	for (size_t i = 0; r == 0 && i < before.count; i++) {
		const char *one = *(char **)list_at(&before, i, sizeof(one));

		if (!variables_have_name(&after, one))
			r = note_variable(ret, one, " is gone");
	}
	return r;
}

int variables_compare_port(const struct service *old, const struct service *new,
			   struct list *ret)
{
	int from = service_port(old, 1), to = service_port(new, 1);
	char *text;
	int size;

	if (from == to && service_port(old, 2) == service_port(new, 2))
		return 0;
	size = from == to ? asprintf(&text, "PORT of further instances")
	       : !from	  ? asprintf(&text, "PORT is new: %d", to)
	       : !to	  ? asprintf(&text, "PORT %d is gone", from)
			  : asprintf(&text, "PORT %d becomes %d", from, to);
	return size < 0 ? -ENOMEM : list_take_text(ret, text);
}
