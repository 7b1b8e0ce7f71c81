// SPDX-License-Identifier: MIT
#include "up/export/export.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "up/export/text.h"
#include "up/project/machine.h"
#include "up/project/order.h"

/* A part of a file name, which must not leave the directory. */
static bool export_is_name(const char *name)
{
	if (!isalnum((unsigned char)*name) && *name != '_')
		return false;
	return strlen(name) <= 100 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

/* "web", "1000"; for containers also "1000:1000". */
static bool is_user(const char *user)
{
	return (isalnum((unsigned char)*user) || *user == '_') &&
	       user[strspn(user, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.:@-")] == '\0';
}

static void note_project(const struct export *export)
{
	const struct project *project = export->project;

	if (project->ending != ENDING_DEFAULT &&
	    project->ending != ENDING_KEEP_GOING)
		export_note(export, NULL,
			    "the effect that the end of one service has on all "
			    "(ending) is left out: %s continues",
			    export->format);
	if (export->settings->restarts)
		export_note(export, NULL,
			    "services are always restarted, as by the files of "
			    "Foreman; jig up does not (--restart no)");
	if (project->ordered_shutdown)
		export_note(export, NULL, "%s stops services in its own order",
			    export->format);
	if (export->settings->command && !export->exporter->has_command)
		export_note(export, NULL,
			    "the command behind -- is left out: %s runs the "
			    "services alone",
			    export->format);
	if (project->shell_argument &&
	    strcmp(project->shell_argument, "-c") != 0)
		export_note(export, NULL,
			    "shell lines run with -c, not with %s",
			    project->shell_argument);
}

static void note_service(const struct export *export,
			 const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service_has_times(service))
		export_note(export, service,
			    "its schedule is left out: %s starts it once",
			    export->format);
	if (service->listen.count && !export->exporter->has_listen)
		export_note(export, service,
			    "%s does not create its sockets (listen)",
			    export->format);
	if (service->ports.count)
		export_note(export, service,
			    "%s does not reserve its ports (ports)",
			    export->format);
	if (when->exit_on_end || when->exit_on_skipped ||
	    when->restart == RESTART_EXIT_ON_FAILURE)
		export_note(export, service,
			    "%s does not stop the others at its end",
			    export->format);
	if (service->is_tty || service->is_foreground)
		export_note(export, service, "%s does not give it a terminal",
			    export->format);
	if (service->shutdown.steps.count > 1)
		export_note(export, service,
			    "%s sends the first signal, then KILL; the other "
			    "signals are left out",
			    export->format);
	if (service_is_far(service))
		export_note(export, service,
			    "its transport (via) is left out: %s runs it on "
			    "its own machine",
			    export->format);
	if (service->machine.on_each_node)
		export_note(export, service,
			    "one instance, not one on each node (replicas)");
	if (service->cage)
		export_note(export, service,
			    "its cage is left out: %s has its own way to end "
			    "all processes",
			    export->format);
	if (service->start_timeout_us > 0 &&
	    !export->exporter->has_start_timeout &&
	    !export->exporter->is_container)
		export_note(export, service,
			    "its start timeout is left out: %s has none",
			    export->format);
	if (service->replicas == 0 && !export->exporter->has_unused)
		export_note(export, service, "0 instances: not written");
	if (service->log.path &&
	    (service->log.max_bytes || service->log.max_days))
		export_note(export, service,
			    "its log is not rotated in the same way");
}

static int export_check(struct export *export)
{
	export->application = export->settings->application
				      ? export->settings->application
				      : export->project->name;
	if (!export->application || !export_is_name(export->application))
		return fault_set(
			export->fault, -EINVAL,
			"'%s' cannot be part of a file name; use another one "
			"(letters, digits, '_', '-', '.')",
			export->application ? export->application : "");
	if (export->settings->user && !is_user(export->settings->user))
		return fault_set(export->fault, -EINVAL,
				 "'%s' is not a user name",
				 export->settings->user);
	if (!export->exporter->runs_jig)
		note_project(export);
	for (size_t i = 0; i < export->project->services.count; i++) {
		const struct service *service =
			project_service(export->project, i);

		if (!export_is_name(service->name))
			return fault_set(export->fault, -EINVAL,
					 "the service name '%s' cannot be part "
					 "of a file name "
					 "(letters, digits, '_', '-', '.')",
					 service->name);
		if (!export->exporter->runs_jig)
			note_service(export, service);
	}
	return order_check(export->project, export->fault);
}

/* -------------------------------------------------------------- the writing */

static int export_one(struct export *export, const struct service *service,
		      unsigned number)
{
	CLEANUP(export_instance_free) struct export_instance instance = { 0 };
	int r = export_instance(export, service, number, &instance);

	return r < 0 ? r : export->exporter->add(export, &instance);
}

static int export_service(struct export *export, const struct service *service)
{
	const struct exporter *exporter = export->exporter;
	unsigned count = exporter->is_by_service ? 1 : service->replicas;
	int r = 0;

	if (service->replicas == 0 && !exporter->has_unused)
		return 0;
	/* Disabled, and so far only a name. */
	if (!service->shell && service->argv.count == 0) {
		export_note(export, service, "it has no command");
		return 0;
	}
	exporter->note(export, service);
	if (!exporter->add)
		return 0;
	for (unsigned n = 1; r == 0 && n <= count; n++)
		r = export_one(export, service, n);
	return r;
}

static int export_write_all(struct export *export)
{
	const struct exporter *exporter = export->exporter;
	const struct project *project = export->project;
	int r = export_check(export);

	if (r == 0 && exporter->begin)
		exporter->begin(export);
	for (size_t i = 0; r == 0 && i < project->services.count; i++)
		r = export_service(export, project_service(project, i));
	if (r == 0 && exporter->end)
		r = exporter->end(export);
	return r < 0 ? r : export->count;
}

int export_project(const struct exporter *exporter,
		   const struct project *project,
		   const struct export_settings *settings, struct buffer *notes,
		   struct fault *fault)
{
	struct export export = { .exporter = exporter,
				 .format = exporter->name,
				 .project = project,
				 .settings = settings,
				 .notes = notes,
				 .fault = fault };
	int r = export_write_all(&export);

	buffer_free(&export.file);
	buffer_free(&export.members);
	return r;
}
