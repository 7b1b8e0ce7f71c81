// SPDX-License-Identifier: MIT
#include "up/export/format/formats.h"

#include <stddef.h>
#include <string.h>

const struct exporter *const exporters[] = {
	&export_systemd,    &export_compose,
	&export_kubernetes, &export_supervisord,
	&export_runit,	    &export_s6,
	&export_slurm,	    NULL,
};

const struct exporter *export_find(const char *name)
{
	for (size_t i = 0; exporters[i]; i++)
		if (strcmp(exporters[i]->name, name) == 0)
			return exporters[i];
	return NULL;
}
