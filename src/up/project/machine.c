// SPDX-License-Identifier: MIT
#include "up/project/machine.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "via/order.h"

void machine_choose(const struct service *service, struct jig_command *ret)
{
	const struct machine *machine = &service->machine;

	if (!service_is_far(service)) {
		ret->cwd =
			service->cwd ? service->cwd : service->given.directory;
		return;
	}
	/* The project's directory need not exist there. */
	ret->cwd = machine->directory;
	ret->via = machine->via;
	ret->via_jig = machine->jig;
	ret->via_address = machine->address;
	ret->via_timeout_us = machine->timeout_us;
	ret->via_push = machine->pushes;
}

int64_t machine_timeout_us(const struct machine *machine)
{
	return machine->timeout_us > 0 ? machine->timeout_us : VIA_TIMEOUT_US;
}

int machine_text(const struct service *service, unsigned number,
		 const char *text, char **ret)
{
	const struct list *nodes = &service->machine.nodes;
	const char *mark, *node = number < nodes->count
					  ? *(char **)list_at(nodes, number,
							      sizeof(char *))
					  : NULL;
	struct buffer out = { 0 };

	*ret = NULL;
	if (!text)
		return 0;
	while (node && (mark = strstr(text, MACHINE_NODE))) {
		buffer_add(&out, text, (size_t)(mark - text));
		buffer_add(&out, node, strlen(node));
		text = mark + strlen(MACHINE_NODE);
	}
	buffer_add(&out, text, strlen(text));
	if (out.error)
		buffer_free(&out);
	*ret = out.text;
	return *ret ? 0 : -ENOMEM;
}

int machine_name(const struct service *service, unsigned number, char **ret)
{
	return machine_text(service, number, service->machine.via, ret);
}

int machine_host(const struct service *service, unsigned number, char **ret)
{
	CLEANUP(list_free_texts) struct list words = { 0 };
	CLEANUP_FREE char *via = NULL;
	const char *host;
	int r;

	*ret = NULL;
	if (!service_is_far(service))
		return 0;
	if (service->machine.address)
		return machine_text(service, number, service->machine.address,
				    ret);
	r = machine_name(service, number, &via);
	/* A reader of files has refused words that cannot be split. */
	if (r == 0 && via_split(via, &words) == -ENOMEM)
		r = -ENOMEM;
	host = words.count ? via_host(&words) : NULL;
	if (host)
		*ret = strdup(host);
	return r == 0 && host && !*ret ? -ENOMEM : r;
}
