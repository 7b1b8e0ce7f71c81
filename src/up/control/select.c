// SPDX-License-Identifier: MIT
/* Which services and instances the words of a client name. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "up/control/control.h"

/* '*', '?' and '[…]' as in a shell. No name of a service has them, unless the
 * file was written to confuse. */
static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static bool is_match(const char *pattern, const char *name)
{
	return strcmp(pattern, name) == 0 ||
	       (is_pattern(pattern) && fnmatch(pattern, name, 0) == 0);
}

bool control_is_named(const struct instance *instance, const char *name)
{
	return is_match(name, instance->name) ||
	       is_match(name, instance->service->name);
}

int control_wait_for(struct control_client *client,
		     const struct instance *instance)
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

void control_unknown(struct control_client *client, const char *name)
{
	const struct project *project = client->control->up->project;
	const char *nearest =
		is_pattern(name)
			? NULL
			: text_nearest(name, select_service_name, project);

	control_client_say(client, FRAME_ERR, "no service '%s'%s%s%s\n", name,
			   nearest ? "; did you mean '" : "",
			   nearest ? nearest : "", nearest ? "'?" : "");
	control_client_end(client, CONTROL_NOT_MINE);
}

bool control_has_name(const struct up *up, const char *name)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (control_is_named(up_instance(up, i), name))
			return true;
	return project_find(up->project, name) != NULL;
}

bool control_are_names(struct control_client *client, char **words, int count)
{
	for (int i = 1; i < count; i++) {
		if (!control_has_name(client->control->up, words[i])) {
			control_unknown(client, words[i]);
			return false;
		}
	}
	return true;
}

/* Without names: all, except for those that only their own name starts. */
static bool is_meant(const struct instance *instance, char **words, int count)
{
	if (count < 2)
		return instance->state != INSTANCE_DISABLED;
	for (int i = 1; i < count; i++)
		if (control_is_named(instance, words[i]))
			return true;
	return false;
}

void control_each(struct control_client *client, char **words, int count,
		  void (*act)(struct instance *instance))
{
	struct up *up = client->control->up;

	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (!is_meant(instance, words, count))
			continue;
		act(instance);
		(void)control_wait_for(client, instance);
	}
	client->is_waiting = true;
}
