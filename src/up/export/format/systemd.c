// SPDX-License-Identifier: MIT
/* systemd: APP.target, a unit for each instance (APP-web-1.service), and for
 * each of its sockets (systemd_socket.c). */
#include "up/export/format/systemd.h"

#include <string.h>

#include "base/clock.h"
#include "up/export/format/formats.h"

static void add_exec(const char *setting, const struct list *words,
		     struct buffer *out)
{
	buffer_printf(out, "%s=", setting);
	for (size_t i = 0; i < words->count; i++) {
		buffer_printf(out, i ? " " : "");
		quote_systemd(out, export_word(words, i), true);
	}
	buffer_printf(out, "\n");
}

static void add_shell(const char *setting, const char *line, struct buffer *out)
{
	buffer_printf(out, "%s=/bin/sh -c ", setting);
	quote_systemd(out, line, true);
	buffer_printf(out, "\n");
}

static void export_systemd_add_dependencies(const struct export *export,
					    const struct service *service,
					    struct buffer *out)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);
		const struct service *other =
			project_find(export->project, on->name);
		const char *need =
			on->condition == CONDITION_STARTED ||
					on->condition == CONDITION_COMPLETED
				? "Wants"
				: "Requires";

		for (unsigned k = 1; k <= other->replicas; k++)
			buffer_printf(
				out,
				"%s=%s-%s-%u.service\nAfter=%s-%s-%u.service\n",
				need, export->application, on->name, k,
				export->application, on->name, k);
	}
}

static void add_unit(const struct export *export,
		     const struct export_instance *instance, struct buffer *out)
{
	const struct service *service = instance->service;
	unsigned most = service->availability.max_restarts;

	buffer_printf(out,
		      "# Written by jig export.\n[Unit]\nDescription=%s "
		      "%s\nPartOf=%s.target\n",
		      export->application, instance->name.text,
		      export->application);
	export_systemd_add_dependencies(export, service, out);
	systemd_add_sockets(export, instance, "Requires", out);
	systemd_add_sockets(export, instance, "After", out);
	buffer_printf(out, "StartLimitIntervalSec=%s\n", most ? "1d" : "0");
	if (most)
		buffer_printf(out, "StartLimitBurst=%u\n", most + 1);
}

static const char *export_systemd_type(const struct export *export,
				       const struct service *service)
{
	if (export_awaited(export->project, service))
		return "oneshot\nRemainAfterExit=yes";
	if (service->is_daemon)
		return "forking";
	if (export_has_probe(service, "notify"))
		return "notify\nNotifyAccess=all";
	return "exec";
}

/* The start ends when the probes hold. With --pid the listeners must be the
 * service's, and its end is a failure at once; systemd would wait. A service
 * that has ended (oneshot) or is a daemon has no such process. */
static int export_systemd_add_ready(const struct export *export,
				    const struct export_instance *instance,
				    struct buffer *out)
{
	const struct service *service = instance->service;
	bool has_main = !service->is_daemon &&
			!export_awaited(export->project, service);
	CLEANUP(list_free_texts) struct list words = { 0 };
	struct export_ready how = { &service->ready, service->start_timeout_us,
				    false };
	int r = export_ready_words(export, instance, &how, &words);

	if (r <= 0)
		return r;
	buffer_printf(out, "ExecStartPost=");
	for (size_t i = 0; i < words.count; i++) {
		if (i == 2 && has_main)
			buffer_printf(out, " --pid $MAINPID");
		buffer_printf(out, i ? " " : "");
		quote_systemd(out, export_word(&words, i), true);
	}
	buffer_printf(out, "\n");
	return r;
}

/* `jig ready` keeps the time itself and says what was missing. */
static void add_start_timeout(const struct service *service, bool has_probes,
			      struct buffer *out)
{
	int64_t us = export_patience_us(service);
	char text[EXPORT_TIME_SIZE];

	if (!has_probes || us < 0)
		buffer_printf(out, "TimeoutStartSec=infinity\n");
	else
		buffer_printf(out, "TimeoutStartSec=%s\n",
			      export_time(clock_add_us(us, 5000000), text));
}

static void export_systemd_add_restart(const struct export *export,
				       const struct service *service,
				       struct buffer *out)
{
	enum restart restart = service->availability.restart;
	bool awaited = export_awaited(export->project, service);

	char backoff[EXPORT_TIME_SIZE];

	buffer_printf(out, "Restart=%s\nRestartSec=%s\n",
		      restart == RESTART_ON_FAILURE ||
				      (restart == RESTART_ALWAYS && awaited)
			      ? "on-failure"
		      : restart == RESTART_ALWAYS ? "always"
						  : "no",
		      export_time(service->availability.backoff_us
					  ? service->availability.backoff_us
					  : 1000000,
				  backoff));
	if (service->success.count == 0)
		return;
	buffer_printf(out, "SuccessExitStatus=");
	for (size_t i = 0; i < service->success.count; i++)
		buffer_printf(out, "%s%d", i ? " " : "",
			      *(int *)list_at(&service->success, i,
					      sizeof(int)));
	buffer_printf(out, "\n");
}

static void export_systemd_add_stop(const struct service *service,
				    struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	const struct shutdown *stop = &service->shutdown;
	unsigned seconds = export_stop_seconds(service);
	char name[32];

	if (stop->command) {
		unsigned most = export_seconds(stop->command_timeout_us, 10);

		buffer_printf(&line, "timeout %u /bin/sh -c ", most);
		quote_sh(&line, stop->command);
		add_shell("ExecStop", line.text ? line.text : "", out);
		if (most > seconds)
			seconds = most;
	}
	buffer_printf(out, "KillSignal=SIG%s\nKillMode=%s\nTimeoutStopSec=%u\n",
		      export_signal(export_stop_signal(service), name,
				    sizeof(name)),
		      stop->main_only ? "mixed" : "control-group", seconds);
}

static void export_systemd_add_environment(
	const struct export_instance *instance, struct buffer *out)
{
	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);

		buffer_printf(out, "Environment=");
		quote_systemd(out, variable, false);
		buffer_printf(out, "\n");
	}
}

static int export_systemd_add_start(const struct export *export,
				    const struct export_instance *instance,
				    struct buffer *out)
{
	const struct service *service = instance->service;
	int r;

	add_exec("ExecStart", &instance->words, out);
	r = export_systemd_add_ready(export, instance, out);
	add_start_timeout(service, r > 0 || export_has_probe(service, "notify"),
			  out);
	return r < 0 ? r : 0;
}

static void export_systemd_add_output(const struct export_instance *instance,
				      struct buffer *out)
{
	if (!instance->log.used)
		return;
	buffer_printf(out, "StandardOutput=append:");
	quote_percent(out, instance->log.text);
	buffer_printf(out, "\nStandardError=inherit\n");
}

static int export_systemd_add_service(const struct export *export,
				      const struct export_instance *instance,
				      struct buffer *out)
{
	const struct service *service = instance->service;
	int r;

	buffer_printf(out, "\n[Service]\nType=%s\nWorkingDirectory=",
		      export_systemd_type(export, service));
	quote_percent(out, instance->cwd.text);
	buffer_printf(out, "\n");
	if (export->settings->user)
		buffer_printf(out, "User=%s\n", export->settings->user);
	systemd_add_sockets(export, instance, "Sockets", out);
	export_systemd_add_environment(instance, out);
	r = export_systemd_add_start(export, instance, out);
	if (r < 0)
		return fault_set(export->fault, r, "out of memory");
	export_systemd_add_restart(export, service, out);
	export_systemd_add_stop(service, out);
	export_systemd_add_output(instance, out);
	if (!service->disabled)
		buffer_printf(out, "\n[Install]\nWantedBy=%s.target\n",
			      export->application);
	return 0;
}

static void export_systemd_note(const struct export *export,
				const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->ready.failures)
		export_note(export, service,
			    "its probe may fail until the start times out "
			    "(%u failures are not counted)",
			    service->ready.failures);
	systemd_note_sockets(export, service);
	if (service->live.probes.count)
		export_note(export, service, "systemd has no liveness probes");
	if (when->backoff_us || when->backoff_max_us)
		export_note(export, service,
			    "systemd 252 waits the same time before each "
			    "restart (RestartSec)");
	if (when->restart == RESTART_ALWAYS &&
	    export_awaited(export->project, service))
		export_note(export, service,
			    "others wait for its end: systemd restarts it on "
			    "failure only");
}

static void begin_target(struct export *export)
{
	buffer_printf(&export->file,
		      "# Written by jig export.\n[Unit]\nDescription=%s\n",
		      export->application);
}

static int write_unit(struct export *export, struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };
	struct buffer out = { 0 };
	int r;

	add_unit(export, instance, &out);
	r = export_systemd_add_service(export, instance, &out);
	if (r == 0)
		r = systemd_write_sockets(export, instance);
	if (r < 0) {
		buffer_free(&out);
		return r;
	}
	buffer_printf(&path, "%s-%s.service", export->application,
		      instance->name.text);
	if (!instance->service->disabled)
		buffer_printf(&export->file, "Wants=%s\n",
			      path.text ? path.text : "");
	return export_write(export, path.text ? path.text : "", 0666, &out);
}

/* A systemd user manager has no multi-user.target. */
static int write_target(struct export *export)
{
	buffer_printf(&export->file, "\n[Install]\nWantedBy=multi-user.target "
				     "default.target\n");
	return export_write_file(export, "target");
}

const struct exporter export_systemd = {
	.name = "systemd",
	.summary = "a target and a unit for each process (systemd)",
	.has_lines = true,
	.has_start_timeout = true,
	.has_listen = true,
	.own_probe = "notify",
	.note = export_systemd_note,
	.begin = begin_target,
	.add = write_unit,
	.end = write_target,
};
