// SPDX-License-Identifier: MIT
#include "up/project/project.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *project_take(struct project *project, char *text)
{
	return list_take_text(&project->texts, text) < 0 ? NULL : text;
}

const char *project_copy(struct project *project, const char *text)
{
	return project_take(project, strdup(text));
}

const char *project_print(struct project *project, const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int r = vasprintf(&text, format, arguments);
	va_end(arguments);
	return r < 0 ? NULL : project_take(project, text);
}

struct service *project_find(const struct project *project, const char *name)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (strcmp(service->name, name) == 0)
			return service;
	}
	return NULL;
}

/* A file that sets a variable anew has replaced its text in `env`. */
bool project_gives(const struct project *project, const struct service *service,
		   const char *variable)
{
	return !service->no_dotenv ||
	       !list_has(&project->dotenv, &variable, sizeof(variable));
}

int project_add(struct project *project, const struct service *service)
{
	return list_append(&project->services, service, sizeof(*service));
}

bool service_is_in(const struct service *service, const char *name)
{
	const struct list *all = &service->namespaces;

	for (size_t i = 0; i < all->count; i++)
		if (strcmp(*(const char **)list_at(all, i, sizeof(name)),
			   name) == 0)
			return true;
	return all->count == 0 && strcmp(name, "default") == 0;
}

void service_free(struct service *service)
{
	list_free(&service->namespaces);
	list_free(&service->argv);
	list_free(&service->env);
	list_free(&service->depends);
	list_free(&service->ready.probes);
	list_free(&service->live.probes);
	list_free(&service->shutdown.steps);
	list_free(&service->success);
	list_free(&service->listen);
	list_free(&service->ports);
	list_free(&service->machine.nodes);
	list_free(&service->given.env);
}

void project_free(struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++)
		service_free(project_service(project, i));
	list_free(&project->services);
	list_free(&project->env);
	list_free(&project->dotenv);
	list_free(&project->commands);
	list_free(&project->notes);
	list_free_texts(&project->texts);
}
