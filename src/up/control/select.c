// SPDX-License-Identifier: MIT
/* Which instances the names of a client mean. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "up/control/control.h"

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[") != NULL;
}

bool select_is_service(const struct service *service, const char *name)
{
	return *name == SELECT_NAMESPACE
		       ? !service->is_foreground &&
				 service_is_in(service, name + 1)
		       : strcmp(service->name, name) == 0;
}

bool select_is_named(const struct instance *instance, const char *name)
{
	return strcmp(instance->name, name) == 0 ||
	       select_is_service(instance->service, name) ||
	       (is_pattern(name) &&
		(fnmatch(name, instance->name, 0) == 0 ||
		 fnmatch(name, instance->service->name, 0) == 0));
}

int select_await(struct control_client *client, const struct instance *instance)
{
	char *name = strdup(instance->name);

	if (name &&
	    list_append(&client->waiting.names, &name, sizeof(name)) == 0)
		return 0;
	free(name);
	return -ENOMEM;
}

static const char *select_service_name(size_t index, const void *table)
{
	const struct project *project = table;

	return index < project->services.count
		       ? project_service(project, index)->name
		       : NULL;
}

void select_unknown(struct control_client *client, const char *name)
{
	const struct project *project = client->control->up->project;
	const char *nearest = text_nearest(name, select_service_name, project);

	if (*name == SELECT_NAMESPACE)
		control_client_say(client, FRAME_ERR,
				   "no service is in the namespace '%s'\n",
				   name + 1);
	else
		control_client_say(client, FRAME_ERR, "no service '%s'%s%s%s\n",
				   name, nearest ? "; did you mean '" : "",
				   nearest ? nearest : "", nearest ? "'?" : "");
	control_client_end(client, CONTROL_NOT_MINE);
}

bool select_has_name(const struct up *up, const char *name)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (select_is_named(up_instance(up, i), name))
			return true;
	for (size_t i = 0; i < up->project->services.count; i++)
		if (select_is_service(project_service(up->project, i), name))
			return true;
	return false;
}

/* Whether all words are names of services or instances, or match one; if not,
 * answer so. */
bool select_are_names(struct control_client *client, char **words, int count)
{
	for (int i = 1; i < count; i++) {
		if (!select_has_name(client->control->up, words[i])) {
			select_unknown(client, words[i]);
			return false;
		}
	}
	return true;
}

bool select_is_meant(const struct instance *instance, char **words, int count)
{
	bool is_disabled = instance->state == INSTANCE_DISABLED;

	for (int w = 1; w < count; w++)
		if (select_is_named(instance, words[w]) &&
		    !(is_disabled && is_pattern(words[w])))
			return true;
	return count < 2 && !is_disabled;
}

void select_each(struct control_client *client, char **words, int count,
		 void (*act)(struct instance *instance))
{
	struct up *up = client->control->up;

	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (!select_is_meant(instance, words, count))
			continue;
		act(instance);
		(void)select_await(client, instance);
	}
	client->is_waiting = true;
}
