// SPDX-License-Identifier: MIT
#include "up/engine/addresses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "lib/fixture.h"
#include "net/names.h"
#include "up/project/machine.h"
#include "up/project/variables.h"

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

/* @variable  "NAME=value" */
static bool is_set(const struct list *env, const char *variable)
{
	size_t length = strcspn(variable, "=") + 1;
	CLEANUP_FREE char *name = strndup(variable, length - 1);

	for (size_t i = 0; i < env->count; i++) {
		const char *one = *(char **)list_at(env, i, sizeof(char *));

		if (strncmp(one, variable, length) == 0)
			return true;
	}
	return name && getenv(name) != NULL;
}

/* WEB_PORT and WEB_ADDR of "web"; WEB_2_PORT of its second instance. A service
 * may have another one than PORT: a variable of the user says so. */
static int addresses_add_service(const struct instance *instance,
				 struct list *env, struct list *texts)
{
	CLEANUP(list_free) struct list own = { 0 };
	CLEANUP_FREE char *host = NULL;
	char address[NAME_ADDRESS_SIZE];
	int r;

	if (instance->port == 0 || instance->number > VARIABLES_NUMBERED)
		return 0;
	r = machine_host(instance->service, instance->number - 1, &host);
	if (r < 0)
		return r;
	(void)snprintf(address, sizeof(address),
		       host && strchr(host, ':') ? "[%s]:%d" : "%s:%d",
		       host ? host : "127.0.0.1", instance->port);
	r = name_add_variables(instance->number > 1 ? instance->name
						    : instance->service->name,
			       address, instance->port, &own, texts);
	for (size_t i = 0; r == 0 && i < own.count; i++) {
		const char *one = *(char **)list_at(&own, i, sizeof(one));

		if (!is_set(env, one))
			r = environment_set(env, one);
	}
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

		if (address)
			r = name_add_variables(name, address,
					       port > 0 ? port : 0, env, texts);
	}
	return r;
}

static int address_take_names(const struct instance *from, struct list *ret)
{
	int r = 0;

	if (!from->fixture || !from->was_executed)
		return 0;
	for (size_t i = 0; r == 0 && i < from->fixture->names.count; i++) {
		const struct name *name =
			list_at(&from->fixture->names, i, sizeof(*name));

		if (!name_find(ret, name->name, strlen(name->name)))
			r = list_append(ret, name, sizeof(*name));
	}
	return r;
}

static bool address_is_own(const struct instance *instance, const char *name)
{
	char own[ADDRESS_NAME_SIZE];

	for (size_t i = 0; address_name(instance, i, own); i++)
		if (strcmp(own, name) == 0)
			return true;
	return false;
}

int address_depends(const struct instance *instance, struct list *ret)
{
	const struct list *depends = &instance->service->depends;
	const struct up *up = instance->up;
	struct list all = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < depends->count; i++) {
		const struct dependency *on = list_at(depends, i, sizeof(*on));

		for (size_t j = 0; r == 0 && j < up->instances.count; j++) {
			const struct instance *other = up_instance(up, j);

			if (strcmp(other->service->name, on->name) == 0)
				r = address_take_names(other, &all);
		}
	}
	for (size_t i = 0; r == 0 && i < all.count; i++) {
		const struct name *name = list_at(&all, i, sizeof(*name));

		if (!address_is_own(instance, name->name))
			r = list_append(ret, name, sizeof(*name));
	}
	list_free(&all);
	return r;
}

int address_add_depends(const struct list *names, struct list *env,
			struct list *texts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++) {
		const struct name *name = list_at(names, i, sizeof(*name));
		CLEANUP(list_free) struct list own = { 0 };

		r = name_add_variables(name->name, name->address, name->port,
				       &own, texts);
		for (size_t j = 0; r == 0 && j < own.count; j++) {
			const char *one =
				*(char **)list_at(&own, j, sizeof(one));

			if (!is_set(env, one))
				r = environment_set(env, one);
		}
	}
	return r;
}

int address_add_all(const struct up *up, struct list *env, struct list *texts)
{
	const struct variables of = {
		.project = up->project,
	};
	int r = variables_add_ports(&of, env, texts);

	for (size_t i = 0; r == 0 && i < up->instances.count; i++)
		r = addresses_add_service(up_instance(up, i), env, texts);
	/* Of two instances with the same name, the first one's stays. */
	for (size_t i = up->instances.count; r == 0 && i > 0; i--)
		r = address_add_names(up_instance(up, i - 1), env, texts);
	return r;
}
