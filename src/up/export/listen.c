// SPDX-License-Identifier: MIT
/* The sockets of `listen`, in the words of systemd.socket(5). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/names.h"
#include "up/export/text.h"

/* "[::1]:80", "127.0.0.1:80", ":80", "*:80", "80". */
static int export_listen_stream(const char *address, struct buffer *ret)
{
	const char *colon = strrchr(address, ':');
	int length = colon ? (int)(colon - address) : 0;
	uint64_t port;

	if (text_number(colon ? colon + 1 : address, 65535, &port) < 0)
		return -EINVAL;
	if (port == 0)
		return -ENOTSUP;
	if (length == 0 || strncmp(address, "localhost:", 10) == 0)
		buffer_printf(ret, "127.0.0.1:%u", (unsigned)port);
	else if (*address == '*')
		buffer_printf(ret, "0.0.0.0:%u", (unsigned)port);
	else
		buffer_printf(ret, "%.*s:%u", length, address, (unsigned)port);
	return ret->error;
}

int export_listen_parse(const struct export *export,
			const struct service *service, const char *spec,
			unsigned number, struct export_listen *ret)
{
	CLEANUP_FREE char *text = NULL;
	const char *address;
	int r = replica_text(spec, number - 1, &text);
	size_t length = r == 0 ? strcspn(text, "=") : 0;

	if (r < 0)
		return r;
	if (text[length] != '=' || length >= sizeof(ret->name))
		return -EINVAL;
	text_copy(ret->name, length + 1, text);
	address = text + length + 1;
	ret->is_unix = *address == '/' || strncmp(address, "unix:", 5) == 0;
	if (!ret->is_unix)
		return export_listen_stream(address, &ret->stream);
	export_place(export, service, *address == '/' ? address : address + 5,
		     &ret->stream);
	return ret->stream.error;
}

/* How clients reach it: all addresses are the loopback for them. */
static void name_listen(const struct export_listen *listen, struct name *ret)
{
	const char *text = listen->stream.text ? listen->stream.text : "";
	const char *colon = strrchr(text, ':');
	bool all = strncmp(text, "0.0.0.0:", 8) == 0;

	text_copy(ret->name, sizeof(ret->name), listen->name);
	ret->fd = -1;
	ret->port = listen->is_unix || !colon ? 0 : atoi(colon + 1);
	(void)snprintf(ret->address, sizeof(ret->address), "%s%s",
		       all ? "127.0.0.1" : "", all ? text + 7 : text);
}

int export_listen_names(const struct export *export,
			struct export_instance *instance)
{
	const struct service *service = instance->service;
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->listen.count; i++) {
		struct export_listen listen = { 0 };
		struct name name = { 0 };
		const char *spec = export_word(&service->listen, i);

		/* The directory of a unix socket may be unknown in an image. */
		if (export->exporter->is_container && strchr(spec, '/'))
			continue;
		if (export_listen_parse(export, service, spec, instance->number,
					&listen) == 0) {
			name_listen(&listen, &name);
			r = list_append(&instance->names, &name, sizeof(name));
		}
		buffer_free(&listen.stream);
	}
	return r;
}
