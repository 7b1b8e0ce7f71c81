// SPDX-License-Identifier: MIT
/* Where a service runs and where its output goes: paths of the other machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "up/export/text.h"

/* What stands for the project's directory; NULL: unknown. */
static const char *place_base(const struct export *export)
{
	if (export->settings->workdir)
		return export->settings->workdir;
	return export->exporter->is_container ? NULL
					      : export->project->directory;
}

/* The rest of a path inside of the project's directory: it moves with that. */
static const char *relative(const struct export *export, const char *path)
{
	const char *directory = export->project->directory;
	size_t length = strlen(directory);

	if (!path || strncmp(path, directory, length) != 0 ||
	    (path[length] && path[length] != '/'))
		return path;
	path += length;
	return path + strspn(path, "/");
}

void export_place(const struct export *export, const struct service *service,
		  const char *path, struct buffer *ret)
{
	const char *base = place_base(export);

	path = relative(export, path);
	if (path && *path == '/')
		buffer_printf(ret, "%s", path);
	else if (!base && path && *path && strcmp(path, ".") != 0)
		export_note(export, service,
			    "its directory %s is left out: say where the "
			    "project is (--workdir)",
			    path);
	else if (base && path && *path)
		buffer_printf(ret, "%s/%s", strcmp(base, "/") ? base : "",
			      path);
	else if (base)
		buffer_printf(ret, "%s", base);
}

static void place_log_file(const struct export *export,
			   struct export_instance *instance)
{
	CLEANUP_FREE char *path = NULL;

	if (replica_log_path(instance->service, instance->number - 1, &path) <
	    0) {
		instance->log.error = -ENOMEM;
		return;
	}
	export_place(export, instance->service, path, &instance->log);
}

void export_choose_log(const struct export *export,
		       struct export_instance *instance)
{
	const struct project *project = export->project;

	if (export->exporter->is_container)
		return;
	if (instance->service->log.path) {
		place_log_file(export, instance);
	} else if (export->settings->log_dir) {
		export_place(export, instance->service,
			     export->settings->log_dir, &instance->log);
		buffer_printf(&instance->log, "/%s.log",
			      instance->name.text ? instance->name.text : "");
	} else if (project->log.path) {
		export_place(export, instance->service, project->log.path,
			     &instance->log);
	}
}
