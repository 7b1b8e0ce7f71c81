// SPDX-License-Identifier: MIT
/*
 * s6-rc: a source directory for s6-rc-compile. APP-web-1 is a longrun, whose
 * files are also those of a service directory of s6; a service whose end others
 * wait for is a oneshot; APP-web-1-log keeps the output; APP is the bundle of
 * all.
 *
 * `run` tells s6 that the service is ready (notification-fd): `jig ready` looks
 * beside it, knows its pid, and ends it when its time is over.
 */

#include "up/export/format/formats.h"
#include "up/export/text.h"

static int s6_put_word(struct export *export, const char *directory,
		       const char *name, const char *word)
{
	struct buffer text = { 0 };

	buffer_printf(&text, "%s\n", word);
	return export_put(export, directory, name, 0666, &text);
}

static int s6_put_number(struct export *export, const char *directory,
			 const char *name, unsigned number)
{
	struct buffer text = { 0 };

	buffer_printf(&text, "%u\n", number);
	return export_put(export, directory, name, 0666, &text);
}

/* An empty file in a directory that lists names: dependencies.d, contents.d. */
static int s6_put_name(struct export *export, const char *directory,
		       const char *list, const char *name)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };
	struct buffer text = { 0 };
	int r;

	buffer_printf(&path, "%s/%s", directory, list);
	r = export_mkdir(export, path.text ? path.text : "");
	return r < 0 ? r
		     : export_put(export, path.text ? path.text : "", name,
				  0666, &text);
}

/* ---------------------------------------------------------------- the script
 */

/* Beside the service, and not its child: it must not have to reap it. If the
 * probes do not hold, s6-svc ends the service by its own way; a pid could mean
 * another process by then. */
static int s6_add_ready(const struct export *export,
			const struct export_instance *instance,
			struct buffer *out)
{
	const struct service *service = instance->service;
	CLEANUP(list_free_texts) struct list words = { 0 };
	const struct export_ready how = { &service->ready,
					  service->start_timeout_us, false };
	int r = export_ready_words(export, instance, &how, &words);

	if (r <= 0)
		return r;
	buffer_printf(out, "(\n\t(\n\t\tif ");
	export_ready_line(out, &words, "--pid $$");
	buffer_printf(out, "; then\n\t\t\techo >&3\n\t\telse\n"
			   "\t\t\ts6-svc -r \"$service\"\n\t\tfi\n"
			   "\t) &\n)\n");
	return r;
}

static void s6_add_exec(const struct export *export,
			const struct export_instance *instance, bool closes,
			struct buffer *out)
{
	buffer_printf(out, "exec");
	if (export->settings->user) {
		buffer_printf(out, " s6-setuidgid ");
		quote_sh(out, export->settings->user);
	}
	export_sh_words(instance, out);
	buffer_printf(out, closes ? " 3>&-\n" : "\n");
}

static int s6_write_run(struct export *export, const char *directory,
			const struct export_instance *instance)
{
	const struct service *service = instance->service;
	bool tells = export_has_probe(service, "fd") ||
		     export_has_probe(service, "fd:3");
	struct buffer out = { 0 };
	int r;

	buffer_printf(&out, "#!/bin/sh\nexec 2>&1\nservice=$PWD\n"
			    "echo $$ >group\n");
	export_sh_start(instance, &out);
	r = s6_add_ready(export, instance, &out);
	if (r < 0) {
		buffer_free(&out);
		return fault_set(export->fault, r, "out of memory");
	}
	s6_add_exec(export, instance, r > 0, &out);
	tells = tells || r > 0;
	r = export_put(export, directory, "run", 0777, &out);
	return r < 0 || !tells
		       ? r
		       : s6_put_number(export, directory, "notification-fd", 3);
}

/* 125 means: do not start it again. $1 is the status, 256 after a signal; $4 is
 * the process group of what is left, which s6 passes from 2.12 on. */
static int s6_write_finish(struct export *export, const char *directory,
			   const struct service *service)
{
	enum restart restart = service->availability.restart;
	unsigned seconds = export_seconds(service->availability.backoff_us, 1);
	struct buffer out = { 0 };
	int r;

	buffer_printf(&out, "#!/bin/sh\n"
			    "group=${4:-$(cat group 2>/dev/null)}\n"
			    "rm -f group\n"
			    "[ -z \"$group\" ] || kill -s KILL -- \"-$group\" "
			    "2>/dev/null\n");
	if (restart == RESTART_ON_FAILURE) {
		buffer_printf(&out, "case $1 in 0");
		for (size_t i = 0; i < service->success.count; i++)
			buffer_printf(&out, "|%d",
				      *(int *)list_at(&service->success, i,
						      sizeof(int)));
		buffer_printf(&out, ") exit 125 ;; esac\n");
	}
	if (restart == RESTART_ON_FAILURE || restart == RESTART_ALWAYS)
		buffer_printf(&out, "exec sleep %u\n", seconds);
	else
		buffer_printf(&out, "exit 125\n");
	r = export_put(export, directory, "finish", 0777, &out);
	return r < 0 ? r
		     : s6_put_number(export, directory, "timeout-finish",
				     (seconds + 5) * 1000);
}

/* ------------------------------------------------------------- dependencies */

static int s6_write_dependencies(struct export *export, const char *directory,
				 const struct service *service)
{
	int r = 0;

	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);
		const struct service *other =
			project_find(export->project, on->name);

		for (unsigned k = 1; r == 0 && k <= other->replicas; k++) {
			CLEANUP(buffer_free) struct buffer name = { 0 };

			buffer_printf(&name, "%s-%s-%u", export->application,
				      on->name, k);
			r = s6_put_name(export, directory, "dependencies.d",
					name.text ? name.text : "");
		}
	}
	return r;
}

/* ----------------------------------------------------------- kinds of services
 */

/* For execline's parser. */
static void quote_execline(struct buffer *out, const char *text)
{
	buffer_printf(out, "\"");
	for (; *text; text++)
		if (*text == '\n')
			buffer_printf(out, "\\n");
		else if (*text == '"' || *text == '\\')
			buffer_printf(out, "\\%c", *text);
		else
			buffer_add(out, text, 1);
	buffer_printf(out, "\"");
}

static int s6_write_oneshot(struct export *export, const char *directory,
			    const struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer script = { 0 };
	struct buffer out = { 0 };
	int r = s6_put_word(export, directory, "type", "oneshot");

	export_sh_start(instance, &script);
	s6_add_exec(export, instance, false, &script);
	buffer_printf(&out, "/bin/sh -c ");
	quote_execline(&out, script.text ? script.text : "");
	buffer_printf(&out, "\n");
	if (script.error)
		out.error = script.error;
	if (r < 0) {
		buffer_free(&out);
		return r;
	}
	return export_put(export, directory, "up", 0666, &out);
}

static int s6_write_logger(struct export *export, const char *directory,
			   const struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer logger = { 0 };
	const struct log_file *log = &instance->service->log;
	struct buffer out = { 0 };
	int r;

	buffer_printf(&logger, "%s-log", directory);
	r = logger.error ? logger.error : export_mkdir(export, logger.text);
	if (r == 0)
		r = s6_put_word(export, directory, "producer-for", logger.text);
	if (r == 0)
		r = s6_put_word(export, logger.text, "type", "longrun");
	if (r == 0)
		r = s6_put_word(export, logger.text, "consumer-for", directory);
	if (r == 0)
		r = s6_put_number(export, logger.text, "notification-fd", 3);
	/* s6-log needs a directory for each instance. */
	buffer_printf(&out, "#!/bin/sh\nlog=");
	quote_sh(&out, instance->log.text);
	buffer_printf(&out,
		      ".d/%s\nmkdir -p -- \"$log\" || exit 1\n"
		      "exec s6-log -b -d 3 n%u s%llu T \"$log\"\n",
		      instance->name.text, log->max_files ? log->max_files : 1,
		      log->max_bytes >= 4096
			      ? (unsigned long long)log->max_bytes
			      : 99999ULL);
	if (r < 0) {
		buffer_free(&out);
		return r;
	}
	return export_put(export, logger.text, "run", 0777, &out);
}

static int s6_write_longrun(struct export *export, const char *directory,
			    const struct export_instance *instance)
{
	const struct service *service = instance->service;
	int64_t us = export_patience_us(service);
	int r = s6_put_word(export, directory, "type", "longrun");
	char name[32];

	if (r == 0)
		r = s6_write_run(export, directory, instance);
	if (r == 0)
		r = s6_write_finish(export, directory, service);
	if (r == 0)
		r = s6_put_word(export, directory, "down-signal",
				export_signal_word(export_stop_signal(service),
						   name, sizeof(name)));
	if (r == 0)
		r = s6_put_number(export, directory, "timeout-kill",
				  export_stop_seconds(service) * 1000);
	if (r == 0 && us > 0 && service->ready.probes.count)
		r = s6_put_number(export, directory, "timeout-up",
				  export_seconds(us, 60) * 1000);
	if (r == 0 && instance->log.used)
		r = s6_write_logger(export, directory, instance);
	return r;
}

static int s6_write(struct export *export, struct export_instance *instance)
{
	const struct service *service = instance->service;
	CLEANUP(buffer_free) struct buffer directory = { 0 };
	bool awaited = export_awaited(export->project, service);
	int r;

	buffer_printf(&directory, "%s-%s", export->application,
		      instance->name.text);
	if (directory.error)
		return fault_set(export->fault, directory.error,
				 "out of memory");
	r = export_mkdir(export, directory.text);
	if (r == 0)
		r = s6_write_dependencies(export, directory.text, service);
	if (r == 0)
		r = awaited ? s6_write_oneshot(export, directory.text, instance)
			    : s6_write_longrun(export, directory.text,
					       instance);
	if (r == 0 && !service->disabled)
		r = s6_put_name(export, export->application, "contents.d",
				directory.text);
	return r;
}

static void s6_begin(struct export *export)
{
	/* An error comes again when its files are written. */
	(void)export_mkdir(export, export->application);
}

static int s6_end(struct export *export)
{
	return s6_put_word(export, export->application, "type", "bundle");
}

static void s6_note(const struct export *export, const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->live.probes.count)
		export_note(export, service, "s6 has no liveness probes");
	if (when->max_restarts)
		export_note(export, service, "s6 restarts it without limit");
	if (when->backoff_max_us)
		export_note(export, service,
			    "s6 waits the same time before each restart");
	if (service->ready.failures)
		export_note(export, service,
			    "its probe may fail until the start times out "
			    "(%u failures are not counted)",
			    service->ready.failures);
	if (service->shutdown.command)
		export_note(export, service, "s6 has no shutdown command");
	if (service->is_daemon)
		export_note(export, service,
			    "s6 cannot watch a daemon; make it stay in the "
			    "foreground");
	if (!service->shutdown.main_only &&
	    !export_awaited(export->project, service))
		export_note(export, service,
			    "s6 sends the stop signal to the main process; its "
			    "group gets KILL when that has ended");
	for (size_t i = 0; i < service->depends.count; i++)
		if (export_dependency(service, i)->condition ==
		    CONDITION_COMPLETED)
			export_note(export, service,
				    "%s must succeed: a oneshot of s6-rc that "
				    "fails is not up",
				    export_dependency(service, i)->name);
}

const struct exporter export_s6 = {
	.name = "s6-rc",
	.summary = "a source directory for s6-rc-compile (s6)",
	.has_start_timeout = true,
	.own_probe = "fd",
	.note = s6_note,
	.begin = s6_begin,
	.add = s6_write,
	.end = s6_end,
};
