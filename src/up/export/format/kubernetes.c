// SPDX-License-Identifier: MIT
/* Kubernetes: APP.yaml with a Deployment or a Job for each service, and a
 * Service for its ports. One pod for all: kubernetes_pod.c. */
#include "up/export/format/kubernetes.h"

#include <errno.h>
#include <string.h>

#include "up/export/format/formats.h"

static int label(const struct export *export, const struct service *service,
		 struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };

	buffer_printf(&name, "%s-%s", export->application, service->name);
	return name.error ? name.error
			  : kubernetes_label(export, name.text, ret);
}

static bool is_job(const struct export *export, const struct service *service)
{
	return export_awaited(export->project, service) ||
	       service->availability.restart == RESTART_NO;
}

static int add_pod(const struct export *export,
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
	kubernetes_add_processes(export, out);
	buffer_printf(out, "      containers:\n");
	const struct kubernetes_container how = {
		.name = "main",
		.starts = !is_job(export, service),
		.serves = !is_job(export, service),
		.lives = true,
	};

	return kubernetes_add_container(export, instance, &how, out);
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

static int add_objects(const struct export *export,
		       const struct export_instance *instance, const char *name,
		       struct buffer *out)
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
	return add_pod(export, instance, name, out);
}

/* Its name is the address for the other pods: shop-web:5000. */
static void kubernetes_print(const struct export *export,
			     const struct export_instance *instance,
			     const char *name, struct buffer *out)
{
	unsigned ports[EXPORT_PORTS];
	size_t count = export_ports(instance, ports, EXPORT_PORTS);

	if (is_job(export, instance->service) || count == 0)
		return;
	buffer_printf(out,
		      "---\napiVersion: v1\nkind: Service\nmetadata:\n"
		      "  name: \"%s\"\nspec:\n  selector:\n"
		      "    app: \"%s\"\n  ports:\n",
		      name, name);
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "    - name: \"p%u\"\n      port: %u\n",
			      ports[i], ports[i]);
	export_note(export, instance->service,
		    "the others reach it as %s:%u, not as localhost (or use "
		    "--pod)",
		    name, ports[0]);
}

static void export_kubernetes_note(const struct export *export,
				   const struct service *service)
{
	const struct availability *when = &service->availability;

	kubernetes_note(export, service);
	if (service->depends.count)
		export_note(export, service,
			    "kubernetes does not wait for its dependencies "
			    "(--pod does)");
	if (!is_job(export, service) &&
	    (when->restart != RESTART_ALWAYS || when->max_restarts))
		export_note(export, service,
			    "a Deployment always restarts it, without limit");
	if (service->replicas > 1)
		export_note(export, service,
			    "all instances have the PORT and PS of the first "
			    "one: each has its own pod");
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
					 struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };
	int r = label(export, instance->service, &name);

	if (r == 0)
		r = check_clash(export, instance->service, name.text);
	if (r == 0)
		r = add_objects(export, instance, name.text, &export->file);
	if (r == 0)
		kubernetes_print(export, instance, name.text, &export->file);
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
	.is_container = true,
	.note = export_kubernetes_note,
	.begin = export_kubernetes_begin_file,
	.add = export_kubernetes_add_service,
	.end = export_kubernetes_write_file,
};
