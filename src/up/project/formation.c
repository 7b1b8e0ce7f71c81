// SPDX-License-Identifier: MIT
#include "up/project/formation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define MOST_INSTANCES 10000
#define PORTS_APART 100

static const char *formation_service_name(size_t index, const void *table)
{
	const struct project *project = table;

	return index < project->services.count
		       ? project_service(project, index)->name
		       : NULL;
}

int formation_find(const struct project *project, const char *name,
		   struct service **ret, struct fault *fault)
{
	struct service *service = project_find(project, name);
	const char *nearest;

	if (service) {
		*ret = service;
		return 0;
	}
	nearest = text_nearest(name, formation_service_name, project);
	return fault_set(fault, -ENOENT, "no service '%s'%s%s%s", name,
			 nearest ? "; did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
}

/* ----------------------------------------------------------------- how many */

/* Remove blanks around names and numbers. */
static char *trim(char *word)
{
	size_t length;

	word += strspn(word, " \t");
	length = strlen(word);
	while (length > 0 && strchr(" \t", word[length - 1]))
		word[--length] = '\0';
	return word;
}

/* "NAME=N": write a NUL after the name. */
static int formation_split(char *word, unsigned *ret, struct fault *fault)
{
	char *equals = strchr(word, '=');
	uint64_t count = 0;

	if (!equals || equals == word ||
	    text_number(trim(equals + 1), MOST_INSTANCES, &count) < 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not of the form NAME=N (at most %d)",
				 word, MOST_INSTANCES);
	*equals = '\0';
	*ret = (unsigned)count;
	return 0;
}

static void formation_set_all(struct project *project, unsigned count)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (!service->disabled)
			service->replicas = count;
	}
}

/* Three passes over the words: check all of them before any is applied; apply
 * "all" before the others, whatever its place is. */
enum pass { CHECK, SET_ALL, SET_NAMED };

static int formation_take_word(struct project *project, char *word,
			       enum pass pass, bool *has_all,
			       struct fault *fault)
{
	struct service *service = NULL;
	unsigned count = 0;
	int r = formation_split(word, &count, fault);
	char *name = trim(word);
	bool is_all = strcmp(name, "all") == 0;

	if (r == 0 && !is_all)
		r = formation_find(project, name, &service, fault);
	if (r < 0)
		return r;
	*has_all |= is_all;
	if (pass == SET_ALL && is_all)
		formation_set_all(project, count);
	if (pass == SET_NAMED && service)
		service->replicas = count;
	return 0;
}

static int formation_take(struct project *project, const char *text,
			  enum pass pass, bool *has_all, struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *word, *rest = copy;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ",")))
		r = formation_take_word(project, trim(word), pass, has_all,
					fault);
	return r;
}

int formation_apply(struct project *project, const char *text, bool exclusive,
		    struct fault *fault)
{
	bool has_all = false;
	int r = formation_take(project, text, CHECK, &has_all, fault);

	if (r == 0 && exclusive && !has_all)
		formation_set_all(project, 0);
	if (r == 0)
		r = formation_take(project, text, SET_ALL, &has_all, fault);
	return r < 0 ? r
		     : formation_take(project, text, SET_NAMED, &has_all,
				      fault);
}

/* -------------------------------------------------------------------- which */

static int want(const struct project *project, const char *name, bool *wanted,
		struct list *queue)
{
	const struct service *service = project_find(project, name);
	size_t index =
		service ? (size_t)(service - project_service(project, 0)) : 0;

	/* order_check() reports a missing one. */
	if (!service || wanted[index])
		return 0;
	wanted[index] = true;
	return list_append(queue, &index, sizeof(index));
}

/* Its dependencies run, too. */
static int formation_follow(const struct project *project, bool *wanted,
			    struct list *queue)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < queue->count; i++) {
		size_t index = *(size_t *)list_at(queue, i, sizeof(index));
		const struct list *depends =
			&project_service(project, index)->depends;

		for (size_t d = 0; r == 0 && d < depends->count; d++) {
			const struct dependency *on =
				list_at(depends, d, sizeof(*on));

			r = want(project, on->name, wanted, queue);
		}
	}
	return r;
}

static void leave_only(struct project *project, const bool *wanted)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		service->disabled = service->disabled && !wanted[i];
		if (!wanted[i])
			service->replicas = 0;
	}
}

static void forget_dependencies(struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++)
		list_free(&project_service(project, i)->depends);
}

int formation_select(struct project *project, const char *const *names,
		     bool no_deps, struct fault *fault)
{
	CLEANUP(list_free) struct list queue = { 0 };
	struct service *service;
	int r = 0;

	if (!names[0])
		return no_deps ? fault_set(fault, -EINVAL,
					   "--no-deps: which services?")
			       : 0;
	if (no_deps)
		forget_dependencies(project);
	CLEANUP_FREE bool *wanted =
		calloc(project->services.count + 1, sizeof(*wanted));
	if (!wanted)
		return -ENOMEM;
	for (; r == 0 && *names; names++) {
		r = formation_find(project, *names, &service, fault);
		if (r == 0)
			r = want(project, *names, wanted, &queue);
	}
	if (r == 0)
		r = formation_follow(project, wanted, &queue);
	if (r == 0)
		leave_only(project, wanted);
	return r;
}

/* -------------------------------------------------------------- namespaces */

static int check_namespace(const struct project *project, const char *name,
			   struct fault *fault)
{
	for (size_t i = 0; i < project->services.count; i++)
		if (service_is_in(project_service(project, i), name))
			return 0;
	return fault_set(fault, -ENOENT, "no service is in the namespace '%s'",
			 name);
}

int formation_namespaces(struct project *project, const struct list *namespaces,
			 struct fault *fault)
{
	int r = 0;

	for (size_t n = 0; r == 0 && n < namespaces->count; n++)
		r = check_namespace(project,
				    *(const char **)list_at(namespaces, n,
							    sizeof(char *)),
				    fault);
	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		struct service *service = project_service(project, i);
		bool is_wanted = namespaces->count == 0;

		for (size_t n = 0; n < namespaces->count; n++)
			is_wanted |= service_is_in(
				service,
				*(const char **)list_at(namespaces, n,
							sizeof(char *)));
		if (!is_wanted)
			service->replicas = 0;
	}
	return r;
}

/* ------------------------------------------------------------------ left out
 */

/* @are_out  leave them out; else only look them up. */
static int leave_out(struct project *project, const char *text, bool are_out,
		     struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *name, *rest = copy;
	struct service *service;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (name = strsep(&rest, ","))) {
		service = NULL;
		r = formation_find(project, trim(name), &service, fault);
		if (service && are_out)
			service->replicas = 0;
	}
	return r;
}

int formation_leave_out(struct project *project, const char *text,
			struct fault *fault)
{
	int r = leave_out(project, text, false, fault);

	return r < 0 ? r : leave_out(project, text, true, fault);
}

/* -------------------------------------------------------------------- ports */

static const char *port_of_project(const struct project *project)
{
	const char *found = NULL;

	for (size_t i = 0; i < project->env.count; i++) {
		const char *variable =
			*(char **)list_at(&project->env, i, sizeof(variable));

		if (strncmp(variable, "PORT=", 5) == 0)
			found = variable + 5;
	}
	return found;
}

int formation_base_port(const struct project *project, const char *option,
			const char *environment, unsigned *ret,
			struct fault *fault)
{
	const char *from_file = port_of_project(project), *text = "5000";
	const char *place = "";
	uint64_t port;

	if (option) {
		text = option;
		place = "--port: ";
	} else if (from_file && *from_file) {
		text = from_file;
		place = "PORT of the project's environment: ";
	} else if (environment && *environment) {
		text = environment;
		place = "PORT of the environment: ";
	}
	if (text_number(text, 65535, &port) < 0 || port == 0)
		return fault_set(fault, -EINVAL,
				 "%s'%s' is not a port number (1 to 65535)",
				 place, text);
	*ret = (unsigned)port;
	return 0;
}

int formation_space(struct project *project, const char *text,
		    struct fault *fault)
{
	const char *comma = strchr(text, ',');
	uint64_t step, own = 1;
	char first[16];

	(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, ","),
		       text);
	if (text_number(first, 10000, &step) < 0 ||
	    (comma && text_number(comma + 1, 10000, &own) < 0) || own == 0)
		return fault_set(fault, -EINVAL,
				 "--port-step '%s' is not of the form N or N,M "
				 "(at most 10000)",
				 text);
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		service->port_step = (unsigned)step;
		service->instance_step = (unsigned)own;
		if (step == 0)
			service->port_index = 0; /* All have the same. */
	}
	return 0;
}

int formation_port(unsigned base, const struct service *service,
		   unsigned instance)
{
	unsigned long step =
		service->port_step ? service->port_step : PORTS_APART;
	unsigned long own = service->instance_step ? service->instance_step : 1;
	unsigned long port = base + step * (unsigned long)service->port_index +
			     own * (instance - 1);

	return port > 65535 ? -ERANGE : (int)port;
}
