// SPDX-License-Identifier: MIT
/* Kubernetes: APP.yaml with a Deployment or a Job for each service, and a
 * Service for its port. Every text is in double quotes. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "up/export/text.h"

/* A DNS label: small letters, digits and '-'. */
static int label(const struct export *export, const struct service *service,
		 struct buffer *ret)
{
	buffer_printf(ret, "%s-%s", export->application, service->name);
	if (ret->error)
		return ret->error;
	for (char *c = ret->text; *c; c++)
		*c = isalnum((unsigned char)*c)
			     ? (char)tolower((unsigned char)*c)
			     : '-';
	if (ret->used > 63 || ret->text[ret->used - 1] == '-' ||
	    !isalpha((unsigned char)*ret->text))
		return fault_set(
			export->fault, -EINVAL,
			"'%s' is not a name for Kubernetes (at most 63 letters "
			"and digits, with '-' between them)",
			ret->text);
	return 0;
}

static bool is_job(const struct export *export, const struct service *service)
{
	return export_awaited(export->project, service) ||
	       service->availability.restart == RESTART_NO;
}

static void add_probe(const struct export *export,
		      const struct service *service, const char *name,
		      const struct check *check, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	struct export_address at;

	if (check->probes.count == 1 &&
	    export_probe_address(export_word(&check->probes, 0), &at) == 0) {
		buffer_printf(out, "          %s:\n            %s:\n", name,
			      at.http ? "httpGet" : "tcpSocket");
		if (at.http) {
			CLEANUP(buffer_free) struct buffer path = { 0 };

			buffer_printf(&path, "%.*s", at.path_length, at.path);
			buffer_printf(out, "              path: ");
			quote_yaml(out, path.text ? path.text : "/", false);
			buffer_printf(out, "\n");
		}
		if (strcmp(at.host, "127.0.0.1") != 0 &&
		    strcmp(at.host, "localhost") != 0) {
			buffer_printf(out, "              host: ");
			quote_yaml(out, at.host, false);
			buffer_printf(out, "\n");
		}
		buffer_printf(out, "              port: %u\n", at.port);
		export_note(export, service,
			    "%s connects to the pod's address: the service "
			    "must listen there",
			    name);
	} else if (export_check_line(export, service, check, &line)) {
		buffer_printf(out,
			      "          %s:\n            exec:\n              "
			      "command: [\"/bin/sh\", \"-c\", ",
			      name);
		quote_yaml(out, line.text, true);
		buffer_printf(out, "]\n");
	} else {
		return;
	}
	buffer_printf(out,
		      "            initialDelaySeconds: %u\n"
		      "            periodSeconds: %u\n"
		      "            timeoutSeconds: %u\n"
		      "            failureThreshold: %u\n"
		      "            successThreshold: %u\n",
		      export_seconds(check->delay_us, 0),
		      export_seconds(check->period_us, 10),
		      export_seconds(check->timeout_us, 1),
		      check->failures ? check->failures : 3,
		      check == &service->ready && check->successes
			      ? check->successes
			      : 1);
}

static void export_kubernetes_add_env(const struct export_instance *instance,
				      struct buffer *out)
{
	buffer_printf(out, "          env:\n");
	for (size_t i = 0; i < instance->env.count; i++) {
		CLEANUP(buffer_free) struct buffer name = { 0 };
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		buffer_add(&name, variable, length);
		buffer_printf(out, "            - name: ");
		quote_yaml(out, name.text ? name.text : "", false);
		buffer_printf(out, "\n              value: ");
		quote_yaml(out, variable + length + (variable[length] == '='),
			   true);
		buffer_printf(out, "\n");
	}
}

static void add_container(const struct export *export,
			  const struct export_instance *instance,
			  struct buffer *out)
{
	const struct service *service = instance->service;
	const char *image = export->settings->image;

	buffer_printf(out, "      containers:\n        - name: main\n"
			   "          image: ");
	quote_yaml(out, image ? image : export->application, false);
	buffer_printf(out, "\n          command: [");
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(&instance->words, i), true);
	}
	buffer_printf(out, "]\n          workingDir: ");
	quote_yaml(out, instance->cwd.text, false);
	buffer_printf(out, "\n");
	if (instance->port)
		buffer_printf(
			out,
			"          ports:\n            - containerPort: %d\n",
			instance->port);
	export_kubernetes_add_env(instance, out);
	add_probe(export, service, "livenessProbe", &service->live, out);
	if (is_job(export, service))
		return;
	add_probe(export, service, "readinessProbe", &service->ready, out);
}

static void add_pod(const struct export *export,
		    const struct export_instance *instance, const char *name,
		    struct buffer *out)
{
	const struct service *service = instance->service;

	buffer_printf(out,
		      "  template:\n    metadata:\n      labels:\n"
		      "        app: \"%s\"\n    spec:\n"
		      "      terminationGracePeriodSeconds: %u\n"
		      "      restartPolicy: %s\n",
		      name, export_stop_seconds(service),
		      !is_job(export, service) ? "Always"
		      : service->availability.restart == RESTART_ON_FAILURE ||
				      service->availability.restart ==
					      RESTART_ALWAYS
			      ? "OnFailure"
			      : "Never");
	add_container(export, instance, out);
}

/* The default limit of Kubernetes is 6; the largest number means none. */
static void export_kubernetes_add_limit(const struct service *service,
					struct buffer *out)
{
	const struct availability *when = &service->availability;
	bool restarts = when->restart == RESTART_ON_FAILURE ||
			when->restart == RESTART_ALWAYS;
	unsigned limit = when->max_restarts ? when->max_restarts : 2147483647;

	buffer_printf(out, "  backoffLimit: %u\n", restarts ? limit : 0);
}

static void add_objects(const struct export *export,
			const struct export_instance *instance,
			const char *name, struct buffer *out)
{
	const struct service *service = instance->service;
	unsigned replicas = service->disabled ? 0 : service->replicas;
	bool job = is_job(export, service);

	buffer_printf(out,
		      "---\napiVersion: %s\nkind: %s\nmetadata:\n"
		      "  name: \"%s\"\nspec:\n",
		      job ? "batch/v1" : "apps/v1", job ? "Job" : "Deployment",
		      name);
	if (job)
		buffer_printf(out,
			      "  suspend: %s\n  completions: %u\n"
			      "  parallelism: %u\n",
			      service->disabled ? "true" : "false",
			      service->replicas, service->replicas);
	if (job)
		export_kubernetes_add_limit(service, out);
	if (!job)
		buffer_printf(out,
			      "  replicas: %u\n  selector:\n    matchLabels:\n"
			      "      app: \"%s\"\n",
			      replicas, name);
	add_pod(export, instance, name, out);
	if (!job && instance->port)
		buffer_printf(out,
			      "---\napiVersion: v1\nkind: Service\nmetadata:\n"
			      "  name: \"%s\"\nspec:\n  selector:\n"
			      "    app: \"%s\"\n  ports:\n    - port: %d\n",
			      name, name, instance->port);
}

static void export_kubernetes_note(const struct export *export,
				   const struct service *service)
{
	const struct availability *when = &service->availability;

	if (export->settings->user)
		export_note(export, NULL,
			    "kubernetes needs a number for a user: the image's "
			    "user is used, not %s",
			    export->settings->user);
	if (service->shutdown.main_only)
		export_note(export, service,
			    "parent_only is left out: a container's main "
			    "process gets the stop signal");
	if (service->depends.count)
		export_note(export, service,
			    "kubernetes does not wait for its dependencies");
	if (export_stop_signal(service) != 15 || service->shutdown.command)
		export_note(export, service,
			    "the stop signal is the image's (TERM), and its "
			    "stop command is left out");
	if (!is_job(export, service) && when->restart != RESTART_ALWAYS)
		export_note(export, service,
			    "a Deployment always restarts it, without limit");
	if (when->backoff_us || when->backoff_max_us)
		export_note(export, service,
			    "kubernetes uses its own back-off");
	if (service->success.count)
		export_note(export, service,
			    "kubernetes treats only status 0 as success");
	if (service->replicas > 1 && export->project->has_ports)
		export_note(export, service,
			    "all instances have the PORT of the first one: "
			    "each has its own pod");
	if (service->log.path)
		export_note(export, service, "its log is the pod's, not %s",
			    service->log.path);
	if (service->is_daemon)
		export_note(export, service,
			    "a container ends with its main process: make the "
			    "daemon stay in the foreground");
	if (export_has_probe(service, "notify"))
		export_note(export, service, "kubernetes has no 'notify'");
}

/* web_1 and web.1 have the same label. */
static int check_clash(const struct export *export,
		       const struct service *service, const char *name)
{
	for (size_t i = 0; i < export->project->services.count; i++) {
		CLEANUP(buffer_free) struct buffer other = { 0 };
		const struct service *one = project_service(export->project, i);
		int r;

		if (strcmp(one->name, service->name) == 0)
			return 0;
		r = one->replicas ? label(export, one, &other) : 0;
		if (r < 0)
			return r;
		if (other.text && strcmp(other.text, name) == 0)
			return fault_set(export->fault, -EINVAL,
					 "'%s' and '%s' are both '%s' for "
					 "Kubernetes",
					 one->name, service->name, name);
	}
	return 0;
}

static void export_kubernetes_begin_file(struct export *export)
{
	buffer_printf(&export->file, "# Written by jig export.\n");
}

static int export_kubernetes_add_service(struct export *export,
					 const struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };
	int r = label(export, instance->service, &name);

	if (r == 0)
		r = check_clash(export, instance->service, name.text);
	if (r == 0)
		add_objects(export, instance, name.text, &export->file);
	return r;
}

static int export_kubernetes_write_file(struct export *export)
{
	return export_write_file(export, "yaml");
}

const struct exporter export_kubernetes = {
	.name = "kubernetes",
	.summary = "Deployments, Jobs and Services in one file",
	.is_by_service = true,
	.note = export_kubernetes_note,
	.begin = export_kubernetes_begin_file,
	.add = export_kubernetes_add_service,
	.end = export_kubernetes_write_file,
};
