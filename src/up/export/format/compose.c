// SPDX-License-Identifier: MIT
/* Compose: one docker-compose.yaml; every text is in double quotes. */
#include <string.h>

#include "up/export/format/formats.h"
#include "up/export/text.h"

static void add_words(const char *key, const struct list *words,
		      struct buffer *out)
{
	buffer_printf(out, "%s[", key);
	for (size_t i = 0; i < words->count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(words, i), DOLLARS_COMPOSE);
	}
	buffer_printf(out, "]\n");
}

static void export_compose_add_command(const struct export_instance *instance,
				       struct buffer *out)
{
	add_words("    entrypoint: ", &instance->words, out);
	/* As process 1 a command would ignore TERM, and not reap orphans. */
	buffer_printf(out, "    command: []\n    init: true\n");
	if (instance->cwd.used) {
		buffer_printf(out, "    working_dir: ");
		quote_yaml(out, instance->cwd.text, DOLLARS_COMPOSE);
		buffer_printf(out, "\n");
	}
	buffer_printf(out, "    environment:\n");
	for (size_t i = 0; i < instance->env.count; i++) {
		buffer_printf(out, "      - ");
		quote_yaml(out, export_word(&instance->env, i),
			   DOLLARS_COMPOSE);
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
		quote_yaml(out, on->name, DOLLARS_PLAIN);
		buffer_printf(out, ":\n        condition: %s\n",
			      words[on->condition]);
	}
}

/* A lone exec: needs a shell, and no jig. */
static int add_test(const struct export *export,
		    const struct export_instance *instance, struct buffer *out)
{
	const struct export_ready how = { .check = &instance->service->ready,
					  .once = true };
	CLEANUP(buffer_free) struct buffer line = { 0 };
	CLEANUP(list_free_texts) struct list words = { 0 };
	bool is_line =
		export_exec_only(export, instance->service, how.check, &line);
	int r = is_line ? 1
			: export_ready_words(export, instance, &how, &words);

	if (r <= 0)
		return r;
	buffer_printf(out, "    healthcheck:\n      test: ");
	if (is_line) {
		buffer_printf(out, "[\"CMD-SHELL\", ");
		quote_yaml(out, line.text ? line.text : "", DOLLARS_COMPOSE);
		buffer_printf(out, "]\n");
		return r;
	}
	buffer_printf(out, "[\"CMD\", ");
	for (size_t i = 0; i < words.count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(&words, i), DOLLARS_COMPOSE);
	}
	buffer_printf(out, "]\n");
	return r;
}

/* As many attempts as the start may last, if the file gives no number. */
static unsigned count_retries(const struct service *service, int64_t period_us)
{
	int64_t us = export_patience_us(service);

	if (service->ready.failures)
		return service->ready.failures;
	return us < 0 ? 2147483647 : (unsigned)(us / period_us + 1);
}

static int export_compose_add_health(const struct export *export,
				     const struct export_instance *instance,
				     struct buffer *out)
{
	const struct check *check = &instance->service->ready;
	int64_t period = export_period_us(check), timeout = check->timeout_us;
	char text[EXPORT_TIME_SIZE];
	int r = add_test(export, instance, out);

	if (r <= 0)
		return r;
	period = period ? period : 1000000;
	timeout = timeout ? timeout : export_attempt_us(check) + 1000000;
	buffer_printf(out, "      interval: %s\n", export_time(period, text));
	buffer_printf(out, "      timeout: %s\n", export_time(timeout, text));
	buffer_printf(out, "      retries: %u\n",
		      count_retries(instance->service, period));
	buffer_printf(out, "      start_period: %s\n",
		      export_time(check->delay_us, text));
	return 0;
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

	if (service->replicas > 1)
		export_note(export, service,
			    "all instances have the PORT and PS of the first "
			    "one: each has its own container");
	if (service->ready.successes > 1)
		export_note(export, service,
			    "compose needs one success of its probe, not %u",
			    service->ready.successes);
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
	if (when->max_restarts && when->restart != RESTART_ON_FAILURE)
		export_note(export, service,
			    "compose restarts it without limit");
	if (when->backoff_us || when->backoff_max_us)
		export_note(export, service, "compose uses its own back-off");
	if (service->log.path)
		export_note(export, service,
			    "its log is the container's, not %s",
			    service->log.path);
}

/* Each container has a localhost of its own. */
static void note_ports(const struct export *export,
		       const struct export_instance *instance)
{
	unsigned ports[EXPORT_PORTS];

	if (export_ports(instance, ports, EXPORT_PORTS) > 0)
		export_note(export, instance->service,
			    "the others reach it as %s:%u, not as localhost; "
			    "this machine does not, unless you add ports",
			    instance->service->name, ports[0]);
}

static void export_compose_begin_file(struct export *export)
{
	buffer_printf(&export->file, "# Written by jig export.\nservices:\n");
}

static int export_compose_add_service(struct export *export,
				      struct export_instance *instance)
{
	const struct export_settings *settings = export->settings;
	const struct service *service = instance->service;
	struct buffer *out = &export->file;

	buffer_printf(out, "  ");
	quote_yaml(out, service->name, DOLLARS_PLAIN);
	buffer_printf(out, ":\n    image: ");
	quote_yaml(out, settings->image ? settings->image : export->application,
		   DOLLARS_COMPOSE);
	buffer_printf(out, "\n");
	if (settings->user) {
		buffer_printf(out, "    user: ");
		quote_yaml(out, settings->user, DOLLARS_COMPOSE);
		buffer_printf(out, "\n");
	}
	note_ports(export, instance);
	export_compose_add_command(instance, out);
	add_depends(export, service, out);
	add_policy(service, out);
	return export_compose_add_health(export, instance, out);
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
	.is_container = true,
	.note = export_compose_note,
	.begin = export_compose_begin_file,
	.add = export_compose_add_service,
	.end = export_compose_write_file,
};
