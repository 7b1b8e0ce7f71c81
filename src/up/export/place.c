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

int export_number_text(const char *text, unsigned number, char **ret)
{
	struct buffer out = { 0 };
	const char *at;

	while ((at = strstr(text, REPLICA_MARK))) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_printf(&out, "%u", number);
		text = at + strlen(REPLICA_MARK);
	}
	buffer_printf(&out, "%s", text);
	if (out.error)
		buffer_free(&out);
	*ret = out.text;
	return *ret ? 0 : -ENOMEM;
}

/* Several instances have a file each, as in up/engine/feed.c. */
static void place_log_file(const struct export *export,
			   struct export_instance *instance)
{
	const struct service *service = instance->service;
	const char *path = service->log.path;
	CLEANUP_FREE char *text = NULL;

	if (export_number_text(path, instance->number - 1, &text) < 0) {
		instance->log.error = -ENOMEM;
		return;
	}
	export_place(export, service, text, &instance->log);
	if (service->replicas > 1 && !strstr(path, REPLICA_MARK))
		buffer_printf(&instance->log, ".%u", instance->number - 1);
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
