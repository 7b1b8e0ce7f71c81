// SPDX-License-Identifier: MIT
#include "up/export/export.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "up/export/text.h"
#include "up/project/order.h"

const struct exporter *const exporters[] = {
	&export_systemd,     &export_compose, &export_kubernetes,
	&export_supervisord, &export_runit,   NULL,
};

const struct exporter *export_find(const char *name)
{
	for (size_t i = 0; exporters[i]; i++)
		if (strcmp(exporters[i]->name, name) == 0)
			return exporters[i];
	return NULL;
}

/* What is part of a file's name: no way out of the directory. */
static bool is_name(const char *name)
{
	if (!isalnum((unsigned char)*name) && *name != '_')
		return false;
	return strlen(name) <= 100 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

/* "web", "1000", of containers "1000:1000" as well. */
static bool is_user(const char *user)
{
	return (isalnum((unsigned char)*user) || *user == '_') &&
	       user[strspn(user, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.:@-")] == '\0';
}

/* What one line of a file can hold as it is. */
static bool is_line(const struct export *export, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	if (length && strchr(" \\", text[length - 1]))
		return false;
	return strcmp(export->format, "supervisord") != 0 ||
	       (!strstr(text, " ;") && !strstr(text, " #"));
}

static bool is_variable(const char *variable)
{
	size_t length = strspn(variable, "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_");

	return length && variable[length] == '=' &&
	       !(*variable >= '0' && *variable <= '9');
}

int export_instance_check(const struct export *export,
			  const struct export_instance *instance)
{
	const char *name = instance->service->name;
	bool lines = strcmp(export->format, "systemd") == 0 ||
		     strcmp(export->format, "supervisord") == 0;

	for (size_t i = 0; i < instance->env.count; i++)
		if (!is_variable(export_word(&instance->env, i)))
			return fault_set(export->fault, -EINVAL,
					 "%s: '%s' names no variable for %s "
					 "(letters, digits, '_')",
					 name, export_word(&instance->env, i),
					 export->format);
	if (lines && !is_line(export, instance->cwd.text))
		return fault_set(export->fault, -EINVAL,
				 "%s: %s cannot say this directory: '%s'", name,
				 export->format, instance->cwd.text);
	if (lines && instance->log.used && !is_line(export, instance->log.text))
		return fault_set(export->fault, -EINVAL,
				 "%s: %s cannot say this log file: '%s'", name,
				 export->format, instance->log.text);
	return 0;
}

/* Instances of a service say the same. */
static void add_once(struct buffer *notes, const char *who, const char *text)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	const char *found = notes->text;

	buffer_printf(&line, "%s: %s\n", who, text);
	if (!line.text || line.error) {
		notes->error = -ENOMEM;
		return;
	}
	while (found && (found = strstr(found, line.text))) {
		if (found == notes->text || found[-1] == '\n')
			return;
		found++;
	}
	buffer_add(notes, line.text, line.used);
}

void export_note(const struct export *export, const struct service *service,
		 const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One line each, whatever names stand in it. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	add_once(export->notes, service ? service->name : export->application,
		 text);
}

static void note_project(const struct export *export)
{
	const struct project *project = export->project;

	if (project->ending != ENDING_DEFAULT &&
	    project->ending != ENDING_KEEP_GOING)
		export_note(export, NULL,
			    "what the end of one means for all (on-exit) is "
			    "left out: %s goes on",
			    export->format);
	if (project->ordered_shutdown)
		export_note(export, NULL, "the order of stopping is %s's own",
			    export->format);
	if (project->shell_argument &&
	    strcmp(project->shell_argument, "-c") != 0)
		export_note(export, NULL, "lines are run with -c, not %s",
			    project->shell_argument);
}

static void note_service(const struct export *export,
			 const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->listen.count || service->ports.count)
		export_note(export, service,
			    "jig's sockets and ports (listen, ports) are not "
			    "made by %s",
			    export->format);
	if (when->exit_on_end || when->exit_on_skipped ||
	    when->restart == RESTART_EXIT_ON_FAILURE)
		export_note(export, service,
			    "%s does not stop the others at its end",
			    export->format);
	if (service->is_tty || service->is_foreground)
		export_note(export, service, "%s gives it no terminal",
			    export->format);
	if (service->shutdown.steps.count > 1)
		export_note(export, service,
			    "%s sends the first signal, then KILL; the signals "
			    "between are left out",
			    export->format);
	if (service->cage)
		export_note(export, service,
			    "its cage is left out: %s holds its processes in "
			    "its own way",
			    export->format);
	if (service->start_timeout_us > 0 &&
	    strcmp(export->format, "systemd") != 0)
		export_note(export, service,
			    "its start timeout is left out: %s has none",
			    export->format);
	if (service->replicas == 0)
		export_note(export, service, "0 instances: not written");
	if (service->log.path &&
	    (service->log.max_bytes || service->log.max_days))
		export_note(export, service,
			    "rotation of its log is not as it was");
}

int export_begin(struct export *export, const char *format)
{
	export->format = format;
	export->application = export->settings->application
				      ? export->settings->application
				      : export->project->name;
	if (!export->application || !is_name(export->application))
		return fault_set(export->fault, -EINVAL,
				 "'%s' cannot name files; give another name "
				 "(letters, digits, '_', '-', '.')",
				 export->application ? export->application
						     : "");
	if (export->settings->user && !is_user(export->settings->user))
		return fault_set(export->fault, -EINVAL,
				 "'%s' is no user's name",
				 export->settings->user);
	note_project(export);
	for (size_t i = 0; i < export->project->services.count; i++) {
		const struct service *service =
			project_service(export->project, i);

		if (!is_name(service->name))
			return fault_set(export->fault, -EINVAL,
					 "the service '%s' cannot name a file "
					 "(letters, digits, '_', '-', '.')",
					 service->name);
		note_service(export, service);
	}
	return order_check(export->project, export->fault);
}
