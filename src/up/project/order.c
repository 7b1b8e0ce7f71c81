// SPDX-License-Identifier: MIT
#include "up/project/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const struct dependency *dependency(const struct service *service,
					   size_t index)
{
	return list_at(&service->depends, index, sizeof(struct dependency));
}

static const char *order_service_name(size_t index, const void *table)
{
	const struct project *project = table;

	return index < project->services.count
		       ? project_service(project, index)->name
		       : NULL;
}

static int order_unknown(const struct project *project,
			 const struct service *service,
			 const struct dependency *on, struct fault *fault)
{
	const char *nearest =
		text_nearest(on->name, order_service_name, project);
	struct buffer place = { 0 };

	if (on->line && project->file)
		buffer_printf(&place, "%s:%d: ", project->file, on->line);
	fault_set(fault, -ENOENT,
		  "%s%s depends on '%s', which does not exist%s%s%s",
		  place.text ? place.text : "", service->name, on->name,
		  nearest ? "; did you mean '" : "", nearest ? nearest : "",
		  nearest ? "'?" : "");
	buffer_free(&place);
	return -ENOENT;
}

/*
 * A depth-first walk over all services. It enters each one once, so it is
 * linear. The path is in a list and not on the stack, because it may be long.
 */
enum mark { NEW, ON_PATH, DONE };

struct step {
	size_t service;
	size_t next; /* of its dependencies */
};

struct order_walk {
	const struct project *project;
	struct list path; /* of struct step */
	unsigned char *marks; /* of each service */
	struct fault *fault;
};

static size_t order_index_of(const struct project *project,
			     const struct service *service)
{
	return (size_t)(service - project_service(project, 0));
}

static struct step *last_step(const struct order_walk *walk)
{
	return list_at(&walk->path, walk->path.count - 1, sizeof(struct step));
}

/* "a → b → a": from the service at which the path returns. */
static int circle(const struct order_walk *walk, size_t again)
{
	struct buffer text = { 0 };
	bool inside = false;

	for (size_t i = 0; i < walk->path.count; i++) {
		const struct step *step =
			list_at(&walk->path, i, sizeof(*step));

		inside |= step->service == again;
		if (inside)
			buffer_printf(&text, "%s → ",
				      project_service(walk->project,
						      step->service)
					      ->name);
	}
	fault_set(walk->fault, -ELOOP, "services depend on each other: %s%s",
		  text.text ? text.text : "",
		  project_service(walk->project, again)->name);
	buffer_free(&text);
	return -ELOOP;
}

static int order_enter(struct order_walk *walk, size_t service)
{
	struct step step = { .service = service };

	if (walk->marks[service] == ON_PATH)
		return circle(walk, service);
	if (walk->marks[service] == DONE)
		return 0;
	walk->marks[service] = ON_PATH;
	return list_append(&walk->path, &step, sizeof(step));
}

static int order_go_on(struct order_walk *walk)
{
	struct step *step = last_step(walk);
	const struct service *service =
		project_service(walk->project, step->service);
	const struct dependency *on;
	const struct service *other;

	if (step->next == service->depends.count) {
		walk->marks[step->service] = DONE;
		walk->path.count--;
		return 0;
	}
	on = dependency(service, step->next++);
	other = project_find(walk->project, on->name);
	if (!other)
		return order_unknown(walk->project, service, on, walk->fault);
	return order_enter(walk, order_index_of(walk->project, other));
}

int order_check(const struct project *project, struct fault *fault)
{
	struct order_walk walk = { .project = project, .fault = fault };
	size_t count = project->services.count;
	int r = 0;

	walk.marks = calloc(count ? count : 1, 1);
	if (!walk.marks)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = order_enter(&walk, i);
		while (r == 0 && walk.path.count > 0)
			r = order_go_on(&walk);
	}
	free(walk.marks);
	list_free(&walk.path);
	return r;
}

/*
 * Visit each service once: the number of paths through dependencies in diamond
 * shape grows exponentially.
 */
struct order_search {
	const struct project *project;
	struct list queue; /* of size_t */
	bool *needed; /* of each service: it was queued */
};

/* Its dependencies are needed; visit them, too. */
static int need_all(struct order_search *search, const struct service *service)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->depends.count; i++) {
		const struct service *next =
			project_find(search->project,
				     dependency(service, i)->name);
		size_t index = next ? order_index_of(search->project, next) : 0;

		if (!next || search->needed[index])
			continue;
		search->needed[index] = true;
		r = list_append(&search->queue, &index, sizeof(index));
	}
	return r;
}

int order_needed(const struct project *project, const bool *from, bool *ret)
{
	struct order_search search = { .project = project, .needed = ret };
	size_t count = project->services.count;
	int r = 0;

	memset(ret, 0, count * sizeof(*ret));
	for (size_t i = 0; r == 0 && i < count; i++)
		if (from[i])
			r = need_all(&search, project_service(project, i));
	for (size_t i = 0; r == 0 && i < search.queue.count; i++)
		r = need_all(&search,
			     project_service(project, *(size_t *)list_at(
							      &search.queue, i,
							      sizeof(size_t))));
	list_free(&search.queue);
	return r;
}

static bool depends_on(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->depends.count; i++)
		if (strcmp(dependency(service, i)->name, name) == 0)
			return true;
	return false;
}

bool order_needs(const struct project *project, const char *name,
		 const char *other)
{
	const struct service *service = project_find(project, name);
	size_t count = project->services.count;
	CLEANUP_FREE bool *marks = calloc(2 * count + 1, sizeof(*marks));
	bool found;

	if (!service || !marks)
		return false;
	marks[order_index_of(project, service)] = true;
	if (order_needed(project, marks, marks + count) < 0)
		return false;
	found = depends_on(service, other);
	for (size_t i = 0; !found && i < count; i++)
		found = marks[count + i] &&
			depends_on(project_service(project, i), other);
	return found;
}
