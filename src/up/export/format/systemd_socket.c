// SPDX-License-Identifier: MIT
/* systemd: a socket unit for each entry of `listen`: APP-web-1-http.socket. */
#include <errno.h>
#include <string.h>

#include "net/names.h"
#include "up/export/format/systemd.h"

static const struct name *socket_name(const struct export_instance *instance,
				      size_t index)
{
	return list_at(&instance->names, index, sizeof(struct name));
}

static void add_socket_unit(const struct export *export,
			    const struct export_instance *instance,
			    const char *name, struct buffer *out)
{
	buffer_printf(out, "%s-%s-%s.socket", export->application,
		      instance->name.text, name);
}

void systemd_add_sockets(const struct export *export,
			 const struct export_instance *instance,
			 const char *setting, struct buffer *out)
{
	for (size_t i = 0; i < instance->names.count; i++) {
		buffer_printf(out, "%s=", setting);
		add_socket_unit(export, instance,
				socket_name(instance, i)->name, out);
		buffer_printf(out, "\n");
	}
}

static void add_socket(const struct export *export,
		       const struct export_instance *instance,
		       const struct export_listen *listen, struct buffer *out)
{
	buffer_printf(out,
		      "# Written by jig export.\n[Unit]\nDescription=%s %s %s\n"
		      "PartOf=%s.target\n\n[Socket]\nListenStream=",
		      export->application, instance->name.text, listen->name,
		      export->application);
	quote_percent(out, listen->stream.text);
	buffer_printf(out, "\nFileDescriptorName=%s\nService=%s-%s.service\n",
		      listen->name, export->application, instance->name.text);
	if (listen->is_unix)
		buffer_printf(out, "RemoveOnStop=yes\n");
	if (!instance->service->disabled)
		buffer_printf(out, "\n[Install]\nWantedBy=sockets.target\n");
}

static int write_socket(struct export *export,
			const struct export_instance *instance,
			const struct export_listen *listen)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };
	struct buffer out = { 0 };

	if (listen->stream.text && !export_is_line(export, listen->stream.text))
		return fault_set(export->fault, -EINVAL,
				 "%s: systemd cannot express this socket: '%s'",
				 instance->service->name, listen->stream.text);
	add_socket_unit(export, instance, listen->name, &path);
	add_socket(export, instance, listen, &out);
	if (!instance->service->disabled)
		buffer_printf(&export->file, "Wants=%s\n",
			      path.text ? path.text : "");
	return export_write(export, path.text ? path.text : "", 0666, &out);
}

int systemd_write_sockets(struct export *export,
			  const struct export_instance *instance)
{
	const struct service *service = instance->service;
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->listen.count; i++) {
		struct export_listen listen = { 0 };

		if (export_listen_parse(export, service,
					export_word(&service->listen, i),
					instance->number, &listen) == 0)
			r = write_socket(export, instance, &listen);
		buffer_free(&listen.stream);
	}
	return r;
}

void systemd_note_sockets(const struct export *export,
			  const struct service *service)
{
	for (size_t i = 0; i < service->listen.count; i++) {
		const char *spec = export_word(&service->listen, i);
		struct export_listen listen = { 0 };

		if (export_listen_parse(export, service, spec, 1, &listen) ==
		    -ENOTSUP)
			export_note(export, service,
				    "a socket unit cannot ask for a free port: "
				    "'%s' is left out",
				    spec);
		buffer_free(&listen.stream);
	}
	if (service->listen.count > 1)
		export_note(export, service,
			    "systemd passes its sockets in any order: see "
			    "LISTEN_FDNAMES");
}
