// SPDX-License-Identifier: MIT
#include "up/engine/addresses.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "up/project/variables.h"

/* More instances of a service have no variables of their own: each variable is
 * compared with all others. */
#define MOST_NUMBERED 100

bool address_name(const struct instance *instance, size_t index,
		  char ret[ADDRESS_NAME_SIZE])
{
	const struct list *ports = &instance->service->ports;
	const struct list *from =
		index < ports->count ? ports : &instance->service->listen;

	index -= from == ports ? 0 : ports->count;
	if (index >= from->count)
		return false;
	const char *text = *(char **)list_at(from, index, sizeof(char *));

	(void)snprintf(ret, ADDRESS_NAME_SIZE, "%.*s", (int)strcspn(text, "="),
		       text);
	return true;
}

int address_port(const struct instance *instance)
{
	char name[ADDRESS_NAME_SIZE];
	int port = instance->port;

	for (size_t i = 0;
	     port <= 0 && instance->fixture && instance->was_executed &&
	     address_name(instance, i, name);
	     i++)
		port = jig_port(instance->fixture, name);
	return port > 0 ? port : 0;
}

/* ---------------------------------------------------------------- variables */

/* What a name of a variable consists of; the rest becomes '_'. */
static void clean_variable(char *name, bool is_upper)
{
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name))
			*name = '_';
		else if (is_upper)
			*name = (char)toupper((unsigned char)*name);
	}
}

__attribute__((format(printf, 3, 4))) static int address_add(struct list *env,
							     struct list *texts,
							     const char *format,
							     ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0 || list_take_text(texts, text) < 0)
		return -ENOMEM;
	return environment_set(env, text);
}

/* "web", or of several instances also "web_2". */
static int overmind_of(const struct service *service, struct list *env,
		       struct list *texts)
{
	unsigned most =
		service->replicas <= MOST_NUMBERED ? service->replicas : 1;
	char name[ADDRESS_NAME_SIZE];
	int r = 0;

	(void)snprintf(name, sizeof(name), "%s", service->name);
	clean_variable(name, false);
	for (unsigned n = 1; r == 0 && n <= most; n++) {
		int port = service_port(service, n);

		if (port == 0)
			continue;
		if (n == 1)
			r = address_add(env, texts,
					"OVERMIND_PROCESS_%s_PORT=%d", name,
					port);
		if (r == 0 && most > 1)
			r = address_add(env, texts,
					"OVERMIND_PROCESS_%s_%u_PORT=%d", name,
					n, port);
	}
	return r;
}

int address_add_overmind(const struct up *up, struct list *env,
			 struct list *texts)
{
	const struct list *services = &up->project->services;
	int r = 0;

	for (size_t i = 0;
	     r == 0 && up->project->has_ports && i < services->count; i++)
		r = overmind_of(project_service(up->project, i), env, texts);
	return r;
}

static bool is_set(const struct list *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++) {
		const char *one = *(char **)list_at(env, i, sizeof(char *));

		if (strncmp(one, name, length) == 0 && one[length] == '=')
			return true;
	}
	return getenv(name) != NULL;
}

/* WEB_PORT and WEB_ADDR of "web"; WEB_2_PORT of its second instance. A service
 * may have another one than PORT: a variable of the user says so. */
static int addresses_add_service(const struct instance *instance,
				 struct list *env, struct list *texts)
{
	char name[ADDRESS_NAME_SIZE], variable[ADDRESS_NAME_SIZE + 8];
	int r = 0;

	if (instance->port == 0 || instance->number > MOST_NUMBERED)
		return 0;
	(void)snprintf(name, sizeof(name), "%s",
		       instance->number > 1 ? instance->name
					    : instance->service->name);
	clean_variable(name, true);
	(void)snprintf(variable, sizeof(variable), "%s_PORT", name);
	if (!is_set(env, variable))
		r = address_add(env, texts, "%s=%d", variable, instance->port);
	(void)snprintf(variable, sizeof(variable), "%s_ADDR", name);
	if (r == 0 && !is_set(env, variable))
		r = address_add(env, texts, "%s=127.0.0.1:%d", variable,
				instance->port);
	return r;
}

static int address_add_names(const struct instance *instance, struct list *env,
			     struct list *texts)
{
	char name[ADDRESS_NAME_SIZE];
	int r = 0;

	for (size_t i = 0;
	     r == 0 && instance->fixture && address_name(instance, i, name);
	     i++) {
		const char *address = jig_address(instance->fixture, name);
		int port = jig_port(instance->fixture, name);

		clean_variable(name, true);
		if (address)
			r = address_add(env, texts, "%s_ADDR=%s", name,
					address);
		if (r == 0 && port > 0)
			r = address_add(env, texts, "%s_PORT=%d", name, port);
	}
	return r;
}

int address_add_all(const struct up *up, struct list *env, struct list *texts)
{
	int r = address_add_overmind(up, env, texts);

	for (size_t i = 0; r == 0 && i < up->instances.count; i++)
		r = addresses_add_service(up_instance(up, i), env, texts);
	/* Of two instances with the same name, the first one's stays. */
	for (size_t i = up->instances.count; r == 0 && i > 0; i--)
		r = address_add_names(up_instance(up, i - 1), env, texts);
	return r;
}
