// SPDX-License-Identifier: MIT
/* The variables of an instance: as `jig up` sets them (up/engine). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/environment.h"
#include "net/names.h"
#include "up/export/text.h"

static int add_text(struct export_instance *instance, const char *name,
		    const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0 ||
	    list_take_text(&instance->texts, text) < 0)
		return -ENOMEM;
	return environment_set(&instance->env, text);
}

static int add_number(struct export_instance *instance, const char *name,
		      int number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", number);
	return add_text(instance, name, text);
}

/* The names of the instance in Foreman, Honcho and process-compose. */
static int export_variables_add_own(struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };
	const char *service = instance->service->name;
	int r = instance->port ? add_number(instance, "PORT", instance->port)
			       : 0;

	buffer_printf(&name, "%s.%u", service, instance->number);
	if (r == 0)
		r = name.error;
	if (r == 0)
		r = add_text(instance, "PS", name.text);
	if (r == 0)
		r = add_text(instance, "HONCHO_PROCESS_NAME", name.text);
	if (r == 0)
		r = add_text(instance, "PC_PROC_NAME", service);
	if (r == 0)
		r = add_number(instance, "PC_REPLICA_NUM",
			       (int)instance->number - 1);
	return r;
}

static int export_variables_add_sockets(struct export_instance *instance)
{
	char variable[NAME_SIZE + 8];
	int r = 0;

	for (size_t i = 0; r == 0 && i < instance->names.count; i++) {
		const struct name *name =
			list_at(&instance->names, i, sizeof(*name));

		name_variable(name, "ADDR", variable, sizeof(variable));
		r = add_text(instance, variable, name->address);
		if (r < 0 || name->port == 0)
			continue;
		name_variable(name, "PORT", variable, sizeof(variable));
		r = add_number(instance, variable, name->port);
	}
	return r;
}

static int export_variables_add_file(const struct project *project,
				     struct export_instance *instance)
{
	const struct list *env = &project->env;
	int r = 0;

	for (size_t i = 0; r == 0 && i < env->count; i++)
		if (project_gives(project, instance->service,
				  export_word(env, i)))
			r = environment_set(&instance->env,
					    export_word(env, i));
	return r;
}

int export_variables(const struct export *export,
		     struct export_instance *instance)
{
	const struct list *own = &instance->service->env;
	int r = export_variables_add_file(export->project, instance);

	if (r == 0)
		r = export_variables_add_own(instance);
	if (r == 0 && export->exporter->has_listen)
		r = export_variables_add_sockets(instance);
	for (size_t i = 0; r == 0 && i < own->count; i++)
		r = environment_set(&instance->env, export_word(own, i));
	return r;
}
