// SPDX-License-Identifier: MIT
/* Addresses that other engines can ask by themselves. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "up/export/text.h"

/* Host, port and path. */
static int export_probe_split(const char *rest, struct export_address *ret)
{
	char copy[96], *colon;
	size_t length = strcspn(rest, "/ ");
	uint64_t port;

	if (length >= sizeof(copy))
		return -ENOTSUP;
	text_copy(copy, length + 1, rest);
	colon = strrchr(copy, ':');
	if (colon)
		*colon = '\0';
	if (text_number(colon ? colon + 1 : copy, 65535, &port) < 0)
		return -ENOTSUP;
	text_copy(ret->host, sizeof(ret->host), colon ? copy : "127.0.0.1");
	ret->port = (unsigned)port;
	ret->path = rest[length] == '/' ? rest + length : "/";
	ret->path_length = (int)strcspn(ret->path, " ");
	/* Ignore owner=any: no other engine checks the owner of a listener.
	 * Other modifiers cannot be expressed. */
	const char *tail = rest[length] == '/' ? ret->path + ret->path_length
					       : rest + length;

	return *tail && strcmp(tail, " owner=any") != 0 ? -ENOTSUP : 0;
}

int export_probe_address(const char *probe, struct export_address *ret)
{
	struct export_address address = {
		.http = strncmp(probe, "http:", 5) == 0,
	};
	int r;

	if (!address.http && strncmp(probe, "tcp:", 4) != 0)
		return -ENOTSUP;
	r = export_probe_split(probe + (address.http ? 5 : 4), &address);
	if (r == 0)
		*ret = address;
	return r;
}

bool export_has_probe(const struct service *service, const char *probe)
{
	for (size_t i = 0; i < service->ready.probes.count; i++)
		if (strcmp(export_word(&service->ready.probes, i), probe) == 0)
			return true;
	return false;
}

static size_t export_add_port(unsigned port, unsigned *ret, size_t count,
			      size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (ret[i] == port)
			return count;
	if (port == 0 || count == size)
		return count;
	ret[count] = port;
	return count + 1;
}

static size_t export_add_probe_ports(const struct check *check, unsigned *ret,
				     size_t count, size_t size)
{
	struct export_address at;

	for (size_t i = 0; i < check->probes.count; i++)
		if (export_probe_address(export_word(&check->probes, i), &at) ==
		    0)
			count = export_add_port(at.port, ret, count, size);
	return count;
}

size_t export_ports(const struct export_instance *instance, unsigned *ret,
		    size_t size)
{
	const struct service *service = instance->service;
	size_t count = export_add_port((unsigned)instance->port, ret, 0, size);

	count = export_add_probe_ports(&service->ready, ret, count, size);
	return export_add_probe_ports(&service->live, ret, count, size);
}
