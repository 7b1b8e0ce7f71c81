// SPDX-License-Identifier: MIT
#include "up/formation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define MOST_INSTANCES 10000
#define PORTS_APART 100

static const char *service_name(size_t index, const void *table)
{
	const struct project *project = table;

	return index < project->services.count
		       ? project_service(project, index)->name
		       : NULL;
}

static int find(const struct project *project, const char *name,
		struct service **ret, struct fault *fault)
{
	struct service *service = project_find(project, name);
	const char *nearest;

	if (service) {
		*ret = service;
		return 0;
	}
	nearest = text_nearest(name, service_name, project);
	return fault_set(fault, -ENOENT, "no service '%s'%s%s%s", name,
			 nearest ? "; did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
}

/* ----------------------------------------------------------------- how many */

static int split(char *word, unsigned *ret, struct fault *fault)
{
	char *equals = strchr(word, '=');
	uint64_t number;

	if (!equals || equals == word ||
	    text_number(equals + 1, MOST_INSTANCES, &number) < 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not of the form NAME=N", word);
	*equals = '\0';
	*ret = (unsigned)number;
	return 0;
}

static void set_all(struct project *project, unsigned count)
{
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (!service->disabled)
			service->replicas = count;
	}
}

/* Twice over the words: first "all", whatever place it has among them. */
static int apply(struct project *project, const char *text, bool are_all,
		 bool *ret_all, struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *rest = NULL;
	struct service *service;
	unsigned count = 0;
	int r = copy ? 0 : -ENOMEM;

	for (char *word = copy ? strtok_r(copy, ",", &rest) : NULL;
	     r == 0 && word; word = strtok_r(NULL, ",", &rest)) {
		r = split(word, &count, fault);
		if (r < 0 || (strcmp(word, "all") == 0) != are_all)
			continue;
		if (are_all) {
			set_all(project, count);
			*ret_all = true;
			continue;
		}
		r = find(project, word, &service, fault);
		if (r == 0)
			service->replicas = count;
	}
	return r;
}

int formation_apply(struct project *project, const char *text, bool exclusive,
		    struct fault *fault)
{
	bool has_all = false;
	int r = apply(project, text, true, &has_all, fault);

	if (r == 0 && exclusive && !has_all)
		set_all(project, 0);
	return r < 0 ? r : apply(project, text, false, &has_all, fault);
}

/* --------------------------------------------------------------------- which
 */

static int want(const struct project *project, const char *name, bool *wanted,
		struct list *queue)
{
	const struct service *service = project_find(project, name);
	size_t index =
		service ? (size_t)(service - project_service(project, 0)) : 0;

	/* What is missing was told by order_check(). */
	if (!service || wanted[index])
		return 0;
	wanted[index] = true;
	return list_append(queue, &index, sizeof(index));
}

/* What is depended on is wanted, too. */
static int follow(const struct project *project, bool *wanted,
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

int formation_select(struct project *project, const char *const *names,
		     struct fault *fault)
{
	CLEANUP(list_free) struct list queue = { 0 };
	struct service *service;
	int r = 0;

	if (!names[0])
		return 0;
	CLEANUP_FREE bool *wanted =
		calloc(project->services.count + 1, sizeof(*wanted));
	if (!wanted)
		return -ENOMEM;
	for (; r == 0 && *names; names++) {
		r = find(project, *names, &service, fault);
		if (r == 0)
			r = want(project, *names, wanted, &queue);
	}
	if (r == 0)
		r = follow(project, wanted, &queue);
	if (r == 0)
		leave_only(project, wanted);
	return r;
}

int formation_leave_out(struct project *project, const char *text,
			struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *rest = NULL;
	struct service *service;
	int r = copy ? 0 : -ENOMEM;

	for (char *name = copy ? strtok_r(copy, ",", &rest) : NULL;
	     r == 0 && name; name = strtok_r(NULL, ",", &rest)) {
		r = find(project, name, &service, fault);
		if (r == 0)
			service->replicas = 0;
	}
	return r;
}

/* --------------------------------------------------------------------- ports
 */

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
	const char *text = option;
	uint64_t port;

	if (!text)
		text = port_of_project(project);
	if (!text)
		text = environment;
	if (!text)
		text = "5000";
	if (text_number(text, 65535, &port) < 0 || port == 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is no port to begin at (1 to 65535)",
				 text);
	*ret = (unsigned)port;
	return 0;
}

int formation_port(unsigned base, const struct service *service,
		   unsigned instance)
{
	unsigned long port = base +
			     PORTS_APART * (unsigned long)service->port_index +
			     instance - 1;

	return port > 65535 ? -ERANGE : (int)port;
}
