// SPDX-License-Identifier: MIT
/* supervisord: APP.conf, with a [program:APP-web-1] for each instance, and a
 * group. */
#include <ctype.h>
#include <signal.h>
#include <string.h>

#include "base/sys.h"
#include "up/export/format/formats.h"
#include "up/export/text.h"

static bool export_supervisord_has_control(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

/* A setting is one line: the shell's printf makes control characters. */
static void add_octal(struct buffer *out, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr(" =/._-", *text))
			buffer_add(out, text, 1);
		else
			buffer_printf(out, "\\0%03o", (unsigned char)*text);
}

/* In environment= there are no escapes, and quotes cannot be joined. */
static bool export_supervisord_is_plain(const char *variable)
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
		if (!export_supervisord_is_plain(
			    export_word(&instance->env, i)))
			return true;
	for (size_t i = 0; i < instance->words.count; i++)
		if (export_supervisord_has_control(
			    export_word(&instance->words, i)))
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

		if (export_supervisord_is_plain(variable) || !variable[length])
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

static void export_supervisord_add_command(
	const struct export_instance *instance, struct buffer *out)
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

static void export_supervisord_add_environment(
	const struct export_instance *instance, struct buffer *out)
{
	const char *comma = "environment=";

	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		if (!export_supervisord_is_plain(variable))
			continue;
		buffer_printf(out, "%s%.*s=", comma, (int)length, variable);
		quote_supervisor(out, variable + length + 1);
		comma = ",";
	}
	buffer_printf(out, "\n");
}

static void export_supervisord_add_restart(const struct service *service,
					   struct buffer *out)
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

static void export_supervisord_add_stop(const struct service *service,
					struct buffer *out)
{
	int signo = export_stop_signal(service);
	char name[32];

	/* It knows no real-time signal, and refuses a file that has one. */
	buffer_printf(out, "stopsignal=%s\nstopwaitsecs=%u\n",
		      export_signal(signo < SYS_RTMIN ? signo : SIGTERM, name,
				    sizeof(name)),
		      export_stop_seconds(service));
	buffer_printf(out, "stopasgroup=%s\nkillasgroup=true\n",
		      service->shutdown.main_only ? "false" : "true");
}

static void export_supervisord_add_rest(const char *name, const char *value,
					struct buffer *out)
{
	buffer_printf(out, "%s=", name);
	quote_percent(out, value);
	buffer_printf(out, "\n");
}

/* ------------------------------------------------------------ dependencies */

/* Wait until the probes of one instance hold, in its directory. */
static int add_wait(struct export *export, const struct service *other,
		    unsigned number, struct buffer *out)
{
	CLEANUP(export_instance_free) struct export_instance instance = { 0 };
	CLEANUP(list_free_texts) struct list words = { 0 };
	const struct export_ready how = { &other->ready, -1, false };
	int r = export_instance(export, other, number, &instance);

	if (r == 0)
		r = export_ready_words(export, &instance, &how, &words);
	if (r <= 0)
		return r;
	buffer_printf(out, "(cd ");
	quote_sh(out, instance.cwd.text);
	buffer_printf(out, " && exec ");
	export_ready_line(out, &words, NULL);
	buffer_printf(out, ") && ");
	return 0;
}

/* supervisord starts all at once: so each program itself waits for what it
 * needs. */
static int add_waits(struct export *export, const struct service *service,
		     struct buffer *out)
{
	int r = 0;

	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);
		const struct service *other =
			project_find(export->project, on->name);
		bool waits = on->condition == CONDITION_HEALTHY ||
			     on->condition == CONDITION_LOG_READY;

		for (unsigned k = 1; waits && r == 0 && k <= other->replicas;
		     k++)
			r = add_wait(export, other, k, out);
	}
	return r;
}

static int begin_with_waits(struct export *export,
			    struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	CLEANUP(list_free) struct list words = instance->words;
	int r = add_waits(export, instance->service, &line);
	char *text;

	instance->words = (struct list){ 0 };
	if (r == 0 && line.used)
		buffer_printf(&line, "exec \"$@\"");
	text = r == 0 && line.used ? line.text : NULL;
	if (text) {
		const char *const first[] = { "/bin/sh", "-c", text, "sh" };

		r = list_append(&instance->texts, &text, sizeof(text));
		line.text = r == 0 ? NULL : text;
		for (size_t i = 0; r == 0 && i < 4; i++)
			r = list_append(&instance->words, &first[i],
					sizeof(first[i]));
	}
	for (size_t i = 0; r == 0 && i < words.count; i++)
		r = list_append(&instance->words,
				list_at(&words, i, sizeof(char *)),
				sizeof(char *));
	return r;
}

static void note_dependencies(const struct export *export,
			      const struct service *service)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);

		if (on->condition == CONDITION_COMPLETED ||
		    on->condition == CONDITION_SUCCEEDED)
			export_note(export, service,
				    "supervisord does not wait for the end of "
				    "%s, only starts it first (priority)",
				    on->name);
	}
}

static void export_supervisord_note(const struct export *export,
				    const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->live.probes.count)
		export_note(export, service,
			    "supervisord has no liveness probes");
	if (service->ready.probes.count)
		export_note(export, service,
			    "supervisord asks its probes only for a service "
			    "that needs it, until they hold");
	note_dependencies(export, service);
	if (service->shutdown.command)
		export_note(export, service,
			    "supervisord has no shutdown command");
	if (service->is_daemon)
		export_note(export, service,
			    "supervisord cannot watch a daemon; make it stay "
			    "in the foreground");
	if (export_stop_signal(service) >= SYS_RTMIN)
		export_note(export, service,
			    "supervisord knows no real-time signal; it sends "
			    "TERM");
	if (when->backoff_us || when->backoff_max_us || when->max_restarts)
		export_note(export, service,
			    "supervisord uses its own back-off, and its limit "
			    "(startretries) counts failed starts only");
}

static void export_supervisord_begin_file(struct export *export)
{
	buffer_printf(&export->file, "; Written by jig export.\n");
}

static int add_program(struct export *export, struct export_instance *instance)
{
	const struct service *service = instance->service;
	struct buffer *out = &export->file;
	int r = begin_with_waits(export, instance);

	if (r < 0)
		return r;

	buffer_printf(out, "\n[program:%s-%s]\n", export->application,
		      instance->name.text);
	export_supervisord_add_command(instance, out);
	export_supervisord_add_rest("directory", instance->cwd.text, out);
	export_supervisord_add_environment(instance, out);
	if (export->settings->user)
		export_supervisord_add_rest("user", export->settings->user,
					    out);
	buffer_printf(out, "autostart=%s\npriority=%u\n",
		      service->disabled ? "false" : "true",
		      100 + export_depth(export->project, service));
	export_supervisord_add_restart(service, out);
	export_supervisord_add_stop(service, out);
	if (instance->log.used) {
		export_supervisord_add_rest("stdout_logfile",
					    instance->log.text, out);
		buffer_printf(out,
			      "redirect_stderr=true\n"
			      "stdout_logfile_maxbytes=%llu\n"
			      "stdout_logfile_backups=%u\n",
			      (unsigned long long)service->log.max_bytes,
			      service->log.max_files ? service->log.max_files
						     : 1);
	}
	buffer_printf(&export->members, "%s%s-%s",
		      export->members.used ? "," : "", export->application,
		      instance->name.text);
	return 0;
}

static int export_supervisord_write_file(struct export *export)
{
	if (export->members.used)
		buffer_printf(&export->file, "\n[group:%s]\nprograms=%s\n",
			      export->application, export->members.text);
	return export_write_file(export, "conf");
}

const struct exporter export_supervisord = {
	.name = "supervisord",
	.summary = "one file with a section for each process (supervisord)",
	.has_lines = true,
	.has_late_comments = true,
	.note = export_supervisord_note,
	.begin = export_supervisord_begin_file,
	.add = add_program,
	.end = export_supervisord_write_file,
};
