// SPDX-License-Identifier: MIT
/* runit: a directory an instance, APP-web-1/run and its fellows. */
#include <signal.h>
#include <string.h>

#include "up/export_text.h"

static int put(struct export *export, const char *directory, const char *name,
	       mode_t mode, struct buffer *text)
{
	struct buffer path = { 0 };
	int r;

	buffer_printf(&path, "%s/%s", directory, name);
	r = export_write(export, path.text ? path.text : "", mode, text);
	buffer_free(&path);
	return r;
}

static void add_exports(const struct export_instance *instance,
			struct buffer *out)
{
	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		buffer_printf(out, "export %.*s=", (int)length, variable);
		quote_sh(out, variable + length + (variable[length] == '='));
		buffer_printf(out, "\n");
	}
}

/* A dependency that is not up lets runsv try again a second later. */
static void add_dependencies(const struct export *export,
			     const struct service *service, struct buffer *out)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);
		const struct service *other =
			project_find(export->project, on->name);

		if (on->condition != CONDITION_STARTED)
			export_note(export, service,
				    "runit waits for the start of %s, not for "
				    "its readiness or end",
				    on->name);
		for (unsigned k = 1; k <= other->replicas; k++)
			buffer_printf(out,
				      "sv start ../%s-%s-%u >/dev/null || "
				      "exit 1\n",
				      export->application, on->name, k);
	}
}

static void add_run(const struct export *export,
		    const struct export_instance *instance, struct buffer *out)
{
	buffer_printf(out, "#!/bin/sh\nexec 2>&1\n");
	add_dependencies(export, instance->service, out);
	add_exports(instance, out);
	buffer_printf(out, "cd ");
	quote_sh(out, instance->cwd.text);
	buffer_printf(out, " || exit 1\nexec ");
	if (export->settings->user) {
		buffer_printf(out, "chpst -u ");
		quote_sh(out, export->settings->user);
		buffer_printf(out, " ");
	}
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(out, i ? " " : "");
		quote_sh(out, export_word(&instance->words, i));
	}
	buffer_printf(out, "\n");
}

/* $1 is the exit status, -1 after a signal. "sv down" from inside of finish is
 * how runit is told not to start again. */
static void add_finish(const struct service *service, struct buffer *out)
{
	enum restart restart = service->availability.restart;

	buffer_printf(out, "#!/bin/sh\n");
	if (restart == RESTART_ALWAYS || restart == RESTART_ON_FAILURE)
		buffer_printf(out, "sleep %u\n",
			      export_seconds(service->availability.backoff_us,
					     1));
	if (restart == RESTART_ALWAYS)
		return;
	if (restart != RESTART_ON_FAILURE) {
		buffer_printf(out, "exec sv -w 0 down .\n");
		return;
	}
	buffer_printf(out, "case $1 in 0");
	for (size_t i = 0; i < service->success.count; i++)
		buffer_printf(out, "|%d",
			      *(int *)list_at(&service->success, i,
					      sizeof(int)));
	buffer_printf(out, ") exec sv -w 0 down . ;; esac\n");
}

static int write_control(struct export *export, const char *directory,
			 const struct service *service)
{
	struct buffer out = { 0 }, path = { 0 };
	char name[32];
	int signo = export_stop_signal(service), r;

	if (signo == SIGTERM && !service->shutdown.command)
		return 0;
	buffer_printf(&path, "%s/control", directory);
	r = export_mkdir(export, path.text ? path.text : "");
	buffer_free(&path);
	if (r < 0)
		return r;
	buffer_printf(&out, "#!/bin/sh\n");
	if (service->shutdown.command) {
		buffer_printf(
			&out, "timeout %u /bin/sh -c ",
			export_seconds(service->shutdown.command_timeout_us,
				       10));
		quote_sh(&out, service->shutdown.command);
		buffer_printf(&out, "\n");
	}
	buffer_printf(&out, "exec kill -%s \"$(cat supervise/pid)\"\n",
		      export_signal(signo, name, sizeof(name)));
	return put(export, directory, "control/t", 0777, &out);
}

static int write_log(struct export *export, const char *directory,
		     const struct export_instance *instance)
{
	struct buffer out = { 0 }, path = { 0 };
	int r;

	if (!instance->log.used)
		return 0;
	buffer_printf(&path, "%s/log", directory);
	r = export_mkdir(export, path.text ? path.text : "");
	buffer_free(&path);
	if (r < 0)
		return r;
	/* svlogd writes into a directory: the file's name becomes one. */
	buffer_printf(&out, "#!/bin/sh\nmkdir -p ");
	quote_sh(&out, instance->log.text);
	buffer_printf(&out, " || exit 1\nexec svlogd -tt ");
	quote_sh(&out, instance->log.text);
	buffer_printf(&out, "\n");
	return put(export, directory, "log/run", 0777, &out);
}

static void note(const struct export *export, const struct service *service)
{
	if (service->ready.probes.count)
		export_note(export, service, "runit has no readiness probes");
	if (service->live.probes.count)
		export_note(export, service, "runit has no liveness probes");
	if (service->availability.max_restarts)
		export_note(export, service, "runit restarts without limit");
	if (service->is_daemon)
		export_note(export, service,
			    "runit cannot watch a daemon; let it stay in the "
			    "foreground");
	export_note(export, service,
		    "runit's sv waits 7 s and never sends KILL by itself: "
		    "sv -w %u force-stop",
		    export_stop_seconds(service));
}

static int write_down(struct export *export, const char *directory)
{
	struct buffer out = { 0 };

	buffer_printf(&out, "disabled\n");
	return put(export, directory, "down", 0666, &out);
}

static int write_directory(struct export *export, const char *directory,
			   const struct export_instance *instance)
{
	struct buffer run = { 0 }, finish = { 0 };
	int r = export_mkdir(export, directory);

	if (r < 0)
		return r;
	add_run(export, instance, &run);
	add_finish(instance->service, &finish);
	r = put(export, directory, "run", 0777, &run);
	if (r == 0)
		r = put(export, directory, "finish", 0777, &finish);
	buffer_free(&finish);
	if (r == 0)
		r = write_control(export, directory, instance->service);
	if (r == 0)
		r = write_log(export, directory, instance);
	if (r == 0 && instance->service->disabled)
		r = write_down(export, directory);
	return r;
}

static int write_instance(struct export *export, const struct service *service,
			  unsigned number)
{
	CLEANUP(export_instance_free) struct export_instance instance = { 0 };
	CLEANUP(buffer_free) struct buffer directory = { 0 };
	int r = export_instance(export, service, number, &instance);

	if (r < 0)
		return r;
	buffer_printf(&directory, "%s-%s", export->application,
		      instance.name.text);
	return write_directory(export, directory.text ? directory.text : "",
			       &instance);
}

static int write_all(const struct project *project,
		     const struct export_settings *settings,
		     struct buffer *notes, struct fault *fault)
{
	struct export export = { .project = project,
				 .settings = settings,
				 .notes = notes,
				 .fault = fault };
	int r = export_begin(&export, "runit");

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		if (service->replicas)
			note(&export, service);
		for (unsigned k = 1; r == 0 && k <= service->replicas; k++)
			r = write_instance(&export, service, k);
	}
	return r < 0 ? r : export.count;
}

const struct exporter export_runit = {
	.name = "runit",
	.summary = "a service directory for each process (runsvdir)",
	.write = write_all,
};
