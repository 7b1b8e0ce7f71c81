// SPDX-License-Identifier: MIT
/* `jig export FORMAT DIR`. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "base/text.h"
#include "up/commands.h"
#include "up/export/format/formats.h"
#include "up/export/text.h"
#include "up/export/up_words.h"
#include "up/load/environment_commands.h"
#include "up/load/load.h"
#include "up/load/nodes.h"
#include "up/project/given.h"

static const char *exporter_name(size_t index, const void *table)
{
	(void)table;
	return exporters[index] ? exporters[index]->name : NULL;
}

static const struct exporter *up_export_choose(const char *name)
{
	const struct exporter *exporter = export_find(name);
	const char *nearest = text_nearest(name, exporter_name, NULL);

	if (exporter)
		return exporter;
	if (nearest)
		complain("no format '%s'; did you mean '%s'?", name, nearest);
	else
		complain("no format '%s' (see: jig help export)", name);
	return NULL;
}

static int open_directory(const char *path, struct fault *fault)
{
	int fd;

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot create %s: %s", path,
				 strerror(errno));
	fd = RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return fd >= 0 ? fd
		       : fault_set(fault, -errno, "cannot open %s: %s", path,
				   strerror(errno));
}

/* A Procfile says nothing about restarts: always, as in the files that Foreman
 * exports. A service whose end others wait for must end. */
static void apply_restart(const struct up_settings *settings,
			  struct project *project)
{
	static const enum restart restarts[] = {
		[UP_RESTART_FILE] = RESTART_DEFAULT,
		[UP_RESTART_NO] = RESTART_NO,
		[UP_RESTART_ON_FAILURE] = RESTART_ON_FAILURE,
		[UP_RESTART_ALWAYS] = RESTART_ALWAYS,
	};
	enum restart restart = restarts[settings->restart];

	if (restart == RESTART_DEFAULT && project->is_procfile)
		restart = RESTART_ALWAYS;
	for (size_t i = 0; i < project->services.count; i++) {
		struct service *service = project_service(project, i);

		if (service->availability.restart != RESTART_DEFAULT)
			continue;
		service->availability.restart =
			restart == RESTART_ALWAYS &&
					export_awaited(project, service)
				? RESTART_ON_FAILURE
				: restart;
	}
}

/* -t is for services without a stop of their own, as in `jig up`. */
static int apply_timeout(const struct up_settings *settings,
			 struct project *project)
{
	struct jig_step step = { SIGTERM, settings->grace_us };
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		struct list *steps =
			&project_service(project, i)->shutdown.steps;

		if (settings->grace_us >= 0 && steps->count == 0)
			r = list_append(steps, &step, sizeof(step));
	}
	return r;
}

static int export(const struct request *request,
		  const struct exporter *exporter, struct project *project,
		  struct fault *fault)
{
	const struct up_settings *settings = request->settings;
	struct buffer notes = { 0 };
	CLEANUP(list_free_texts) struct list words = { 0 };
	struct export_settings how = {
		.application = settings->application,
		.user = settings->user,
		.image = settings->image,
		.log_dir = settings->export_log_dir,
		.workdir = settings->workdir,
		.jig = settings->jig_path,
		.command = request->around,
		.up_words = &words,
	};
	CLEANUP_CLOSE int dirfd = -1;
	int r = load_project(settings, NULL, project, fault);

	if (r == 0)
		r = environment_commands_run(request->settings, request->jig,
					     project, fault);
	nodes_leave_out(project);
	if (r == 0)
		r = project_give(project, settings->port, fault);
	if (r == 0)
		r = apply_timeout(settings, project);
	if (r == 0)
		r = up_export_words(settings, project, &words);
	if (r == 0)
		dirfd = r = open_directory(request->words[1], fault);
	how.dirfd = dirfd;
	how.restarts =
		project->is_procfile && settings->restart == UP_RESTART_FILE;
	apply_restart(settings, project);
	if (r >= 0)
		r = export_project(exporter, project, &how, &notes, fault);
	if (r >= 0 && notes.used)
		complain_text(notes.text);
	buffer_free(&notes);
	return r;
}

int run_export(const struct request *request)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	const struct exporter *exporter;
	int r;

	if (request->count != 2) {
		fault_set(&fault, -EINVAL, "expected a format and a directory");
		return complain_usage(&command_export, &fault);
	}
	exporter = up_export_choose(request->words[0]);
	if (!exporter)
		return EXIT_JIG;
	if (request->settings->pod && exporter != &export_kubernetes) {
		fault_set(&fault, -EINVAL,
			  "--pod is for kubernetes, not for %s",
			  exporter->name);
		return complain_usage(&command_export, &fault);
	}
	if (request->settings->pod)
		exporter = &export_kubernetes_pod;
	r = export(request, exporter, &project, &fault);
	if (r < 0)
		return failed(&fault);
	say_line("%d file%s written to %s", r, r == 1 ? "" : "s",
		 request->words[1]);
	return 0;
}
