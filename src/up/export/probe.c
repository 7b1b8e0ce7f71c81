// SPDX-License-Identifier: MIT
/* Probes as shell commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
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

static void address_line(const struct export_address *address,
			 struct buffer *ret)
{
	struct buffer url = { 0 };

	if (!address->http) {
		buffer_printf(&url, ": < /dev/tcp/%s/%u", address->host,
			      address->port);
		buffer_printf(ret, "/bin/bash -c ");
	} else {
		buffer_printf(&url, "http://%s:%u%.*s", address->host,
			      address->port, address->path_length,
			      address->path);
		buffer_printf(ret, "curl -fsS -o /dev/null --max-time 1 ");
	}
	quote_sh(ret, url.text ? url.text : "");
	buffer_free(&url);
}

int export_probe_line(const char *probe, struct buffer *ret)
{
	struct export_address address;

	if (export_probe_address(probe, &address) == 0) {
		address_line(&address, ret);
		return 0;
	}
	if (strncmp(probe, "exec:", 5) == 0) {
		buffer_printf(ret, "/bin/sh -c ");
		quote_sh(ret, probe + 5);
		return 0;
	}
	if (strncmp(probe, "file:", 5) == 0 && !strchr(probe, '|')) {
		buffer_printf(ret, "test -e ");
		quote_sh(ret, probe + 5);
		return 0;
	}
	return -ENOTSUP;
}

bool export_check_line(const struct export *export,
		       const struct service *service, const struct check *check,
		       struct buffer *ret)
{
	for (size_t i = 0; i < check->probes.count; i++) {
		const char *probe = export_word(&check->probes, i);
		size_t used = ret->used;

		if (strcmp(probe, "notify") == 0)
			continue;
		if (used)
			buffer_printf(ret, " && ");
		if (export_probe_line(probe, ret) == 0)
			continue;
		ret->used = used;
		if (ret->text)
			ret->text[used] = '\0';
		export_note(export, service,
			    "%s cannot make the attempts of the probe '%s'",
			    export->format, probe);
	}
	return ret->used > 0;
}

bool export_has_probe(const struct service *service, const char *probe)
{
	for (size_t i = 0; i < service->ready.probes.count; i++)
		if (strcmp(export_word(&service->ready.probes, i), probe) == 0)
			return true;
	return false;
}
