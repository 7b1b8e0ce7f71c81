// SPDX-License-Identifier: MIT
#include "up/project/replica.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/names.h"
#include "up/project/machine.h"

/* What stands in place of a mark. */
struct marked {
	const char *mark;
	unsigned number;
};

static const char *next_mark(const char *text, const char *from,
			     const char *mark)
{
	const char *at = from;

	while ((at = strstr(at, mark)) && at > text && at[-1] == '$')
		at += strlen(mark);
	return at;
}

static int replace_marks(const char *text, const struct marked *marked,
			 char **ret)
{
	struct buffer copy = { 0 };
	const char *from = text, *mark;

	while ((mark = next_mark(text, from, marked->mark))) {
		buffer_add(&copy, from, (size_t)(mark - from));
		buffer_printf(&copy, "%u", marked->number);
		from = mark + strlen(marked->mark);
	}
	buffer_add(&copy, from, strlen(from));
	if (copy.error)
		buffer_free(&copy);
	*ret = copy.text;
	return *ret ? 0 : -ENOMEM;
}

/* @text  NULL is allowed. */
static int mark_text(struct replica *replica, const struct marked *marked,
		     const char **text)
{
	char *copy;
	int r;

	if (!*text || !next_mark(*text, *text, marked->mark))
		return 0;
	r = replace_marks(*text, marked, &copy);
	if (r == 0)
		r = list_take_text(&replica->texts, copy);
	if (r == 0)
		*text = copy;
	return r;
}

int replica_text(const char *text, unsigned number, char **ret)
{
	const struct marked own = { REPLICA_MARK, number };

	return replace_marks(text, &own, ret);
}

int replica_log_path(const struct service *service, unsigned number, char **ret)
{
	const char *path = service->log.path;

	if (service->replicas <= 1 || next_mark(path, path, REPLICA_MARK))
		return replica_text(path, number, ret);
	return asprintf(ret, "%s.%u", path, number) < 0 ? -ENOMEM : 0;
}

static int mark_texts(struct replica *replica, const struct marked *marked,
		      struct list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = mark_text(replica, marked,
			      list_at(list, i, sizeof(const char *)));
	return r;
}

/* The list becomes a copy. A NULL at its end stays. */
static int mark_list(struct replica *replica, const struct marked *marked,
		     struct list *list)
{
	struct list copy = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++) {
		const char *text =
			*(const char **)list_at(list, i, sizeof(text));

		r = mark_text(replica, marked, &text);
		if (r == 0)
			r = list_append(&copy, (void *)&text, sizeof(text));
	}
	*list = copy;
	return r;
}

static int replica_choose_node(struct replica *replica, unsigned number,
			       const char **text)
{
	char *copy;
	int r = machine_text(&replica->service, number, *text, &copy);

	if (r < 0 || !copy)
		return r;
	*text = copy;
	return list_take_text(&replica->texts, copy);
}

#define LISTS 6

static void lists_of(struct service *service, struct list *ret[LISTS])
{
	struct list *all[LISTS] = {
		&service->argv,	       &service->env,	 &service->ready.probes,
		&service->live.probes, &service->listen, &service->ports,
	};

	memcpy((void *)ret, (void *)all, sizeof(all));
}

int replica_make(const struct service *service, unsigned number, int port,
		 struct replica *ret)
{
	const struct marked own = { REPLICA_MARK, number },
			    of_port = { REPLICA_PORT, (unsigned)port };
	struct list *lists[LISTS];
	int r = 0, marked;

	*ret = (struct replica){ .service = *service };
	lists_of(&ret->service, lists);
	/* All of them, so that replica_free() frees copies only. */
	for (int i = 0; i < LISTS; i++) {
		marked = mark_list(ret, &own, lists[i]);
		r = r ? r : marked;
	}
	if (r == 0 && port > 0)
		r = mark_texts(ret, &of_port, &ret->service.ready.probes);
	if (r == 0 && port > 0)
		r = mark_texts(ret, &of_port, &ret->service.live.probes);
	if (r == 0)
		r = mark_text(ret, &own, &ret->service.shell);
	if (r == 0)
		r = mark_text(ret, &own, &ret->service.cwd);
	if (r == 0)
		r = mark_text(ret, &own, &ret->service.machine.directory);
	if (r == 0)
		r = replica_choose_node(ret, number, &ret->service.machine.via);
	if (r == 0)
		r = replica_choose_node(ret, number,
					&ret->service.machine.address);
	return r ? r : mark_text(ret, &own, &ret->service.shutdown.command);
}

static int replica_expand(struct replica *replica, const struct list *names,
			  const char **text)
{
	char *copy;
	int r;

	if (!*text || !strchr(*text, '{'))
		return 0;
	r = names_expand(names, *text, &copy);
	if (r == 0)
		r = list_take_text(&replica->texts, copy);
	if (r == 0)
		*text = copy;
	return r;
}

int replica_names(struct replica *replica, const struct list *names)
{
	struct service *service = &replica->service;
	struct list *lists[LISTS];
	int r = replica_expand(replica, names, &service->shell);

	if (r == 0)
		r = replica_expand(replica, names, &service->shutdown.command);
	lists_of(service, lists);
	for (int i = 0; i < LISTS; i++)
		for (size_t j = 0; r == 0 && j < lists[i]->count; j++)
			r = replica_expand(replica, names,
					   list_at(lists[i], j,
						   sizeof(const char *)));
	return r;
}

void replica_free(struct replica *replica)
{
	struct list *lists[LISTS];

	lists_of(&replica->service, lists);
	for (int i = 0; i < LISTS; i++)
		list_free(lists[i]);
	list_free_texts(&replica->texts);
}
