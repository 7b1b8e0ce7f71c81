// SPDX-License-Identifier: MIT
/* The variables of an instance: those of `jig up`, and the names of sockets. */
#include "up/project/variables.h"

#include "net/names.h"
#include "up/export/text.h"

/* As `jig run` sets them: they override those of the service. */
static int export_variables_add_sockets(struct export_instance *instance)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < instance->names.count; i++) {
		const struct name *name =
			list_at(&instance->names, i, sizeof(*name));

		r = name_add_variables(name->name, name->address, name->port,
				       &instance->env, &instance->texts);
	}
	return r;
}

int export_variables(const struct export *export,
		     struct export_instance *instance)
{
	const struct variables of = {
		.project = export->project,
		.service = instance->service,
		.number = instance->number,
		.port = instance->port,
		.first_only = export->exporter->is_by_service,
	};
	int r = variables_make(&of, &instance->env, &instance->texts);

	return r == 0 && export->exporter->has_listen
		       ? export_variables_add_sockets(instance)
		       : r;
}
