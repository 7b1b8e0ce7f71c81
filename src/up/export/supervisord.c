// SPDX-License-Identifier: MIT
/* supervisord: APP.conf, a [program:APP-web-1] an instance and a group. */
#include <ctype.h>
#include <string.h>

#include "up/export/text.h"

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

/* A setting is one line: what has others is given to the shell's printf. */
static void add_octal(struct buffer *out, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr(" =/._-", *text))
			buffer_add(out, text, 1);
		else
			buffer_printf(out, "\\0%03o", (unsigned char)*text);
}

/* Its own reading of environment= knows no escape, and joins no quotes. */
static bool is_plain(const char *variable)
{
	const char *value = strchr(variable, '=');

	return value && value[1] &&
	       value[1 + strspn(value + 1, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_/.:,=@ -")] == '\0';
}

static bool needs_script(const struct export_instance *instance)
{
	for (size_t i = 0; i < instance->env.count; i++)
		if (!is_plain(export_word(&instance->env, i)))
			return true;
	for (size_t i = 0; i < instance->words.count; i++)
		if (has_control(export_word(&instance->words, i)))
			return true;
	return false;
}

static void add_script(const struct export_instance *instance,
		       struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer script = { 0 };
	CLEANUP(buffer_free) struct buffer line = { 0 };

	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		if (is_plain(variable) || !variable[length])
			continue;
		buffer_printf(&script, "export %.*s=", (int)length, variable);
		quote_sh(&script, variable + length + 1);
		buffer_printf(&script, "\n");
	}
	buffer_printf(&script, "exec");
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(&script, " ");
		quote_sh(&script, export_word(&instance->words, i));
	}
	buffer_printf(&line, "eval \"$(printf %%b '");
	add_octal(&line, script.text ? script.text : "");
	buffer_printf(&line, "')\"");
	buffer_printf(out, "command=/bin/sh -c ");
	quote_supervisor(out, line.text ? line.text : "");
	buffer_printf(out, "\n");
}

static void add_command(const struct export_instance *instance,
			struct buffer *out)
{
	if (needs_script(instance)) {
		add_script(instance, out);
		return;
	}
	buffer_printf(out, "command=");
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(out, i ? " " : "");
		quote_supervisor(out, export_word(&instance->words, i));
	}
	buffer_printf(out, "\n");
}

static void add_environment(const struct export_instance *instance,
			    struct buffer *out)
{
	const char *comma = "environment=";

	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		if (!is_plain(variable))
			continue;
		buffer_printf(out, "%s%.*s=", comma, (int)length, variable);
		quote_supervisor(out, variable + length + 1);
		comma = ",";
	}
	buffer_printf(out, "\n");
}

static void add_restart(const struct service *service, struct buffer *out)
{
	static const char *const words[] = {
		[RESTART_DEFAULT] = "false",	     [RESTART_NO] = "false",
		[RESTART_ON_FAILURE] = "unexpected", [RESTART_ALWAYS] = "true",
		[RESTART_EXIT_ON_FAILURE] = "false",
	};
	unsigned retries = service->availability.max_restarts;

	buffer_printf(out, "autorestart=%s\nstartsecs=0\nexitcodes=0",
		      words[service->availability.restart]);
	for (size_t i = 0; i < service->success.count; i++)
		buffer_printf(out, ",%d",
			      *(int *)list_at(&service->success, i,
					      sizeof(int)));
	buffer_printf(out, "\nstartretries=%u\n", retries ? retries : 1000000);
}

static void add_stop(const struct service *service, struct buffer *out)
{
	char name[32];

	buffer_printf(out, "stopsignal=%s\nstopwaitsecs=%u\n",
		      export_signal(export_stop_signal(service), name,
				    sizeof(name)),
		      export_stop_seconds(service));
	buffer_printf(out, "stopasgroup=%s\nkillasgroup=true\n",
		      service->shutdown.main_only ? "false" : "true");
}

static void add_rest(const struct export *export, const char *name,
		     const char *value, struct buffer *out)
{
	(void)export;
	buffer_printf(out, "%s=", name);
	for (; *value; value++)
		buffer_printf(out, *value == '%' ? "%%%%" : "%c", *value);
	buffer_printf(out, "\n");
}

static void note(const struct export *export, const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->ready.probes.count || service->live.probes.count)
		export_note(export, service, "supervisord has no probes");
	if (service->depends.count)
		export_note(export, service,
			    "supervisord starts in order (priority), but does "
			    "not wait for what it depends on");
	if (service->shutdown.command)
		export_note(export, service,
			    "supervisord has no command that stops");
	if (service->is_daemon)
		export_note(export, service,
			    "supervisord cannot watch a daemon; let it stay in "
			    "the foreground");
	if (when->backoff_us || when->backoff_max_us || when->max_restarts)
		export_note(export, service,
			    "supervisord's back-off is its own, and its limit "
			    "(startretries) counts failed starts only");
}

static void add_program(const struct export *export,
			const struct export_instance *instance,
			struct buffer *out)
{
	const struct service *service = instance->service;

	buffer_printf(out, "\n[program:%s-%s]\n", export->application,
		      instance->name.text);
	add_command(instance, out);
	add_rest(export, "directory", instance->cwd.text, out);
	add_environment(instance, out);
	if (export->settings->user)
		add_rest(export, "user", export->settings->user, out);
	buffer_printf(out, "autostart=%s\npriority=%u\n",
		      service->disabled ? "false" : "true",
		      100 + export_depth(export->project, service));
	add_restart(service, out);
	add_stop(service, out);
	if (instance->log.used) {
		add_rest(export, "stdout_logfile", instance->log.text, out);
		buffer_printf(out,
			      "redirect_stderr=true\n"
			      "stdout_logfile_maxbytes=%llu\n"
			      "stdout_logfile_backups=%u\n",
			      (unsigned long long)service->log.max_bytes,
			      service->log.max_files ? service->log.max_files
						     : 1);
	}
}

static int add_service(struct export *export, const struct service *service,
		       struct buffer *out, struct buffer *group)
{
	if (service->replicas)
		note(export, service);
	for (unsigned k = 1; k <= service->replicas; k++) {
		CLEANUP(export_instance_free)
		struct export_instance instance = { 0 };
		int r = export_instance(export, service, k, &instance);

		if (r < 0)
			return r;
		add_program(export, &instance, out);
		buffer_printf(group, "%s%s-%s", group->used ? "," : "",
			      export->application, instance.name.text);
	}
	return 0;
}

static int write_all(const struct project *project,
		     const struct export_settings *settings,
		     struct buffer *notes, struct fault *fault)
{
	struct export export = { .project = project,
				 .settings = settings,
				 .notes = notes,
				 .fault = fault };
	CLEANUP(buffer_free) struct buffer out = { 0 };
	CLEANUP(buffer_free) struct buffer group = { 0 };
	CLEANUP(buffer_free) struct buffer path = { 0 };
	int r = export_begin(&export, "supervisord");

	buffer_printf(&out, "; Written by jig export.\n");
	for (size_t i = 0; r == 0 && i < project->services.count; i++)
		r = add_service(&export, project_service(project, i), &out,
				&group);
	if (r < 0)
		return r;
	if (group.used)
		buffer_printf(&out, "\n[group:%s]\nprograms=%s\n",
			      export.application, group.text);
	buffer_printf(&path, "%s.conf", export.application);
	r = export_write(&export, path.text ? path.text : "", 0666, &out);
	return r < 0 ? r : export.count;
}

const struct exporter export_supervisord = {
	.name = "supervisord",
	.summary = "one file with a section for each process (supervisord)",
	.write = write_all,
};
