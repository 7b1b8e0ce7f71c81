// SPDX-License-Identifier: MIT
/* Compose: one docker-compose.yaml; every text is in double quotes. */
#include <string.h>

#include "up/export/text.h"

static void export_compose_add_command(const struct export_instance *instance,
				       struct buffer *out)
{
	buffer_printf(out, "    entrypoint: [");
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(&instance->words, i), true);
	}
	buffer_printf(out, "]\n    command: []\n    working_dir: ");
	quote_yaml(out, instance->cwd.text, true);
	buffer_printf(out, "\n    environment:\n");
	for (size_t i = 0; i < instance->env.count; i++) {
		buffer_printf(out, "      - ");
		quote_yaml(out, export_word(&instance->env, i), true);
		buffer_printf(out, "\n");
	}
}

static void add_depends(const struct export *export,
			const struct service *service, struct buffer *out)
{
	static const char *const words[] = {
		[CONDITION_STARTED] = "service_started",
		[CONDITION_HEALTHY] = "service_healthy",
		[CONDITION_LOG_READY] = "service_started",
		[CONDITION_COMPLETED] = "service_completed_successfully",
		[CONDITION_SUCCEEDED] = "service_completed_successfully",
	};

	if (service->depends.count)
		buffer_printf(out, "    depends_on:\n");
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);

		if (on->condition == CONDITION_LOG_READY ||
		    on->condition == CONDITION_COMPLETED)
			export_note(export, service,
				    "compose has no such condition for %s: %s",
				    on->name, words[on->condition]);
		buffer_printf(out, "      ");
		quote_yaml(out, on->name, false);
		buffer_printf(out, ":\n        condition: %s\n",
			      words[on->condition]);
	}
}

static void add_health(const struct export *export,
		       const struct service *service, struct buffer *out)
{
	const struct check *check = &service->ready;
	CLEANUP(buffer_free) struct buffer line = { 0 };

	if (export_has_probe(service, "notify"))
		export_note(export, service, "compose has no 'notify'");
	if (!export_check_line(export, service, check, &line))
		return;
	buffer_printf(out, "    healthcheck:\n      test: [\"CMD-SHELL\", ");
	quote_yaml(out, line.text, true);
	buffer_printf(out,
		      "]\n      interval: %us\n      timeout: %us\n"
		      "      retries: %u\n      start_period: %us\n",
		      export_seconds(check->period_us, 1),
		      export_seconds(check->timeout_us, 1),
		      check->failures ? check->failures : 60,
		      export_seconds(check->delay_us, 0));
}

static void add_policy(const struct service *service, struct buffer *out)
{
	static const char *const words[] = {
		[RESTART_DEFAULT] = "no",
		[RESTART_NO] = "no",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_ALWAYS] = "always",
		[RESTART_EXIT_ON_FAILURE] = "no",
	};
	const struct availability *when = &service->availability;
	char name[32];

	buffer_printf(out, "    restart: \"%s", words[when->restart]);
	if (when->restart == RESTART_ON_FAILURE && when->max_restarts)
		buffer_printf(out, ":%u", when->max_restarts);
	buffer_printf(out,
		      "\"\n    stop_signal: SIG%s\n"
		      "    stop_grace_period: %us\n"
		      "    deploy:\n      replicas: %u\n",
		      export_signal(export_stop_signal(service), name,
				    sizeof(name)),
		      export_stop_seconds(service), service->replicas);
	if (service->disabled)
		buffer_printf(out, "    profiles: [\"disabled\"]\n");
	if (service->log.path && service->log.max_bytes)
		buffer_printf(out,
			      "    logging:\n      driver: json-file\n"
			      "      options:\n        max-size: \"%llu\"\n"
			      "        max-file: \"%u\"\n",
			      (unsigned long long)service->log.max_bytes,
			      service->log.max_files + 1);
}

static void export_compose_note(const struct export *export,
				const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->replicas > 1 && export->project->has_ports)
		export_note(export, service,
			    "all instances have the PORT of the first one: "
			    "each has its own container");
	if (service->shutdown.main_only)
		export_note(export, service,
			    "parent_only is left out: a container's main "
			    "process gets the stop signal");
	if (service->live.probes.count)
		export_note(export, service, "compose has no liveness probes");
	if (service->shutdown.command)
		export_note(export, service, "compose has no shutdown command");
	if (service->success.count)
		export_note(export, service,
			    "compose treats only status 0 as success");
	if (service->is_daemon)
		export_note(export, service,
			    "a container ends with its main process: make the "
			    "daemon stay in the foreground");
	if (when->backoff_us || when->backoff_max_us)
		export_note(export, service, "compose uses its own back-off");
	if (service->log.path)
		export_note(export, service,
			    "its log is the container's, not %s",
			    service->log.path);
}

static void export_compose_begin_file(struct export *export)
{
	buffer_printf(&export->file, "# Written by jig export.\nservices:\n");
}

static int export_compose_add_service(struct export *export,
				      const struct export_instance *instance)
{
	const struct export_settings *settings = export->settings;
	const struct service *service = instance->service;
	struct buffer *out = &export->file;

	buffer_printf(out, "  ");
	quote_yaml(out, service->name, false);
	buffer_printf(out, ":\n    image: ");
	quote_yaml(out, settings->image ? settings->image : export->application,
		   true);
	buffer_printf(out, "\n");
	if (settings->user) {
		buffer_printf(out, "    user: ");
		quote_yaml(out, settings->user, true);
		buffer_printf(out, "\n");
	}
	export_compose_add_command(instance, out);
	add_depends(export, service, out);
	add_health(export, service, out);
	add_policy(service, out);
	return 0;
}

static int export_compose_write_file(struct export *export)
{
	return export_write(export, "docker-compose.yaml", 0666, &export->file);
}

const struct exporter export_compose = {
	.name = "compose",
	.summary = "docker-compose.yaml with a container for each process",
	.is_by_service = true,
	.has_unused = true,
	.note = export_compose_note,
	.begin = export_compose_begin_file,
	.add = export_compose_add_service,
	.end = export_compose_write_file,
};
