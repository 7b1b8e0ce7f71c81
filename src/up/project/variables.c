// SPDX-License-Identifier: MIT
#include "up/project/variables.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "up/project/given.h"

/* ------------------------------------------------------------ of an instance
 */

static void own_port(const struct variables *of, struct buffer *ret)
{
	if (of->port > 0)
		buffer_printf(ret, "%d", of->port);
}

static void own_instance(const struct variables *of, struct buffer *ret)
{
	buffer_printf(ret, "%s.%u", of->service->name, of->number);
}

static void own_service(const struct variables *of, struct buffer *ret)
{
	buffer_printf(ret, "%s", of->service->name);
}

static void own_number(const struct variables *of, struct buffer *ret)
{
	buffer_printf(ret, "%u", of->number - 1);
}

/* A variable without a value is left out. */
static const struct {
	const char *name;
	void (*add)(const struct variables *of, struct buffer *ret);
} owns[] = {
	{ "PORT", own_port },
	/* The names of Foreman, Honcho, node-foreman and process-compose. */
	{ "PS", own_instance },
	{ "HONCHO_PROCESS_NAME", own_instance },
	{ "FOREMAN_WORKER_NAME", own_instance },
	{ "PC_PROC_NAME", own_service },
	{ "PC_REPLICA_NUM", own_number },
};

static int add_owns(const struct variables *of, struct list *env,
		    struct list *texts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(owns) / sizeof(owns[0]); i++) {
		CLEANUP(buffer_free) struct buffer value = { 0 };

		owns[i].add(of, &value);
		r = value.error;
		if (r == 0 && value.used > 0)
			r = environment_print(env, texts, "%s=%s", owns[i].name,
					      value.text);
	}
	return r;
}

/* ---------------------------------------------------------------- of Overmind
 */

/* What a name of a variable consists of; the rest becomes '_'. */
static void clean_name(char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name))
			*name = '_';
}

/* "web", or of several instances also "web_2". */
static int add_ports_of(const struct variables *of,
			const struct service *service, struct list *ports,
			struct list *texts)
{
	unsigned most = service->replicas;
	CLEANUP_FREE char *name = strdup(service->name);

	if (!name)
		return -ENOMEM;
	clean_name(name);
	if (most > 1 && (of->first_only || most > VARIABLES_NUMBERED))
		most = 1;
	for (unsigned n = 1; n <= most; n++) {
		int port = service_port(service, n), r = 0;

		if (port == 0)
			continue;
		if (n == 1)
			r = environment_print_new(ports, texts,
						  "OVERMIND_PROCESS_%s_PORT=%d",
						  name, port);
		if (r == 0 && most > 1)
			r = environment_print_new(
				ports, texts, "OVERMIND_PROCESS_%s_%u_PORT=%d",
				name, n, port);
		if (r < 0)
			return r;
	}
	return 0;
}

int variables_add_ports(const struct variables *of, struct list *env,
			struct list *texts)
{
	const struct list *services = &of->project->services;
	CLEANUP(list_free) struct list ports = { 0 };
	int r = 0;

	for (size_t i = 0;
	     r == 0 && of->project->has_ports && i < services->count; i++)
		r = add_ports_of(of, project_service(of->project, i), &ports,
				 texts);
	return r == 0 ? environment_set_all(env, &ports) : r;
}

/* ------------------------------------------------------------------- of files
 */

int variables_make(const struct variables *of, struct list *env,
		   struct list *texts)
{
	int r = environment_set_all(env, &of->service->given.env);

	if (r == 0)
		r = add_owns(of, env, texts);
	if (r == 0)
		r = variables_add_ports(of, env, texts);
	return r == 0 ? environment_set_all(env, &of->service->env) : r;
}
