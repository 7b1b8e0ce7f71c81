// SPDX-License-Identifier: MIT
/* systemd: APP.target, and a unit for each instance: APP-web-1.service. */
#include <string.h>

#include "up/export/text.h"

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

/* The start ends when the probe succeeds, or fails at the time limit. */
static void add_ready(const struct export *export,
		      const struct service *service, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer line = { 0 }, loop = { 0 };
	unsigned period = export_seconds(service->ready.period_us, 1);
	unsigned most = export_seconds(service->start_timeout_us, 60);

	buffer_printf(out, "TimeoutStartSec=%u\n",
		      most + export_seconds(service->ready.delay_us, 0) + 5);
	if (!export_check_line(export, service, &service->ready, &line))
		return;
	if (service->ready.delay_us > 0)
		buffer_printf(&loop, "sleep %u; ",
			      export_seconds(service->ready.delay_us, 0));
	buffer_printf(&loop,
		      "i=0; until %s; do i=$((i+1)); [ $i -lt %u ] || exit 1; "
		      "sleep %u; done",
		      line.text, most / period + 1, period);
	add_shell("ExecStartPost", loop.text ? loop.text : "", out);
}

static void export_systemd_add_restart(const struct export *export,
				       const struct service *service,
				       struct buffer *out)
{
	enum restart restart = service->availability.restart;
	bool awaited = export_awaited(export->project, service);

	buffer_printf(out, "Restart=%s\nRestartSec=%u\n",
		      restart == RESTART_ON_FAILURE ||
				      (restart == RESTART_ALWAYS && awaited)
			      ? "on-failure"
		      : restart == RESTART_ALWAYS ? "always"
						  : "no",
		      export_seconds(service->availability.backoff_us, 1));
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

static void export_systemd_add_service(const struct export *export,
				       const struct export_instance *instance,
				       struct buffer *out)
{
	const struct service *service = instance->service;

	buffer_printf(out, "\n[Service]\nType=%s\nWorkingDirectory=",
		      export_systemd_type(export, service));
	quote_percent(out, instance->cwd.text);
	buffer_printf(out, "\n");
	if (export->settings->user)
		buffer_printf(out, "User=%s\n", export->settings->user);
	export_systemd_add_environment(instance, out);
	add_exec("ExecStart", &instance->words, out);
	add_ready(export, service, out);
	export_systemd_add_restart(export, service, out);
	export_systemd_add_stop(service, out);
	if (instance->log.used) {
		buffer_printf(out, "StandardOutput=append:");
		quote_percent(out, instance->log.text);
		buffer_printf(out, "\nStandardError=inherit\n");
	}
	if (!service->disabled)
		buffer_printf(out, "\n[Install]\nWantedBy=%s.target\n",
			      export->application);
}

static void export_systemd_note(const struct export *export,
				const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->ready.timeout_us || service->ready.failures ||
	    service->ready.successes)
		export_note(
			export, service,
			"timeout, failures and successes of its probe are left "
			"out: systemd repeats it until the start times out");
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

static int write_unit(struct export *export,
		      const struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer path = { 0 }, out = { 0 };

	add_unit(export, instance, &out);
	export_systemd_add_service(export, instance, &out);
	buffer_printf(&path, "%s-%s.service", export->application,
		      instance->name.text);
	if (!instance->service->disabled)
		buffer_printf(&export->file, "Wants=%s\n",
			      path.text ? path.text : "");
	return export_write(export, path.text ? path.text : "", 0666, &out);
}

static int write_target(struct export *export)
{
	buffer_printf(&export->file,
		      "\n[Install]\nWantedBy=multi-user.target\n");
	return export_write_file(export, "target");
}

const struct exporter export_systemd = {
	.name = "systemd",
	.summary = "a target and a unit for each process (systemd)",
	.has_lines = true,
	.has_start_timeout = true,
	.note = export_systemd_note,
	.begin = begin_target,
	.add = write_unit,
	.end = write_target,
};
