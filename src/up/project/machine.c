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

int machine_name(const struct service *service, unsigned number, char **ret)
{
	(void)number;
	*ret = NULL;
	if (!service_is_far(service))
		return 0;
	*ret = strdup(service->machine.via);
	return *ret ? 0 : -ENOMEM;
}

int machine_host(const struct machine *machine, char **ret)
{
	CLEANUP(list_free_texts) struct list words = { 0 };
	const char *host = machine->address;

	*ret = NULL;
	if (!machine->via)
		return 0;
	/* A reader of files has refused words that cannot be split. */
	if (!host && via_split(machine->via, &words) == 0)
		host = via_host(&words);
	if (host)
		*ret = strdup(host);
	return host && !*ret ? -ENOMEM : 0;
}
