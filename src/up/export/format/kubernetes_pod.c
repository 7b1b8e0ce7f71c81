// SPDX-License-Identifier: MIT
/*
 * Kubernetes, --pod: the whole project in one Pod, or in the Job of a command.
 *
 * initContainers start one after the other, in the order of the dependencies: a
 * service that ends (others wait for its end) as an ordinary one, one that
 * others need as a sidecar (restartPolicy: Always, Kubernetes 1.29). Behind
 * them start the rest, or the command alone. All share localhost.
 */
#include <errno.h>
#include <string.h>

#include "up/export/format/formats.h"

#include "up/export/format/kubernetes.h"

struct pod {
	struct buffer first, rest; /* initContainers, containers */
	unsigned grace; /* seconds: the longest stop */
	enum restart restart; /* of the rest, the most frequent kind */
};

static void pod_free(struct pod *pod)
{
	buffer_free(&pod->first);
	buffer_free(&pod->rest);
}

static bool pod_is_needed(const struct project *project,
			  const struct service *service)
{
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *other = project_service(project, i);

		for (size_t k = 0; k < other->depends.count; k++)
			if (!other->disabled && other->replicas &&
			    strcmp(export_dependency(other, k)->name,
				   service->name) == 0)
				return true;
	}
	return false;
}

static bool pod_has(const struct service *service)
{
	return service->replicas && !service->disabled;
}

/* web_1 and web.1 have the same label; "command" is the command's. */
static int pod_check_name(const struct export *export, const struct pod *pod,
			  const char *name)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	bool taken = export->settings->command && strcmp(name, "command") == 0;

	buffer_printf(&line, "        - name: \"%s\"\n", name);
	if (line.error)
		return line.error;
	if (taken || (pod->first.text && strstr(pod->first.text, line.text)) ||
	    (pod->rest.text && strstr(pod->rest.text, line.text)))
		return fault_set(export->fault, -EINVAL,
				 "the name of a container, '%s', is needed "
				 "twice",
				 name);
	return 0;
}

static int pod_add_instance(struct export *export,
			    const struct service *service, unsigned number,
			    struct pod *pod)
{
	CLEANUP(export_instance_free) struct export_instance instance = { 0 };
	CLEANUP(buffer_free) struct buffer text = { 0 }, name = { 0 };
	bool awaited = export_awaited(export->project, service);
	bool sidecar = !awaited && (export->settings->command ||
				    pod_is_needed(export->project, service));
	int r = export_instance(export, service, number, &instance);

	buffer_printf(&text, "%s", service->name);
	if (service->replicas > 1)
		buffer_printf(&text, "-%u", number);
	if (r == 0)
		r = text.error ? text.error
			       : kubernetes_label(export, text.text, &name);
	if (r < 0)
		return r;
	const struct kubernetes_container how = {
		.name = name.text ? name.text : "",
		.is_sidecar = sidecar,
		.starts = !awaited,
		.lives = !awaited,
	};

	r = pod_check_name(export, pod, how.name);
	if (r < 0)
		return r;
	return kubernetes_add_container(export, &instance, &how,
					awaited || sidecar ? &pod->first
							   : &pod->rest);
}

static enum restart pod_restart(const struct export *export,
				const struct service *service)
{
	enum restart restart = service->availability.restart;

	return export_awaited(export->project, service) ? RESTART_NO : restart;
}

static int pod_add_service(struct export *export, const struct service *service,
			   struct pod *pod)
{
	unsigned grace = export_stop_seconds(service);
	enum restart restart = pod_restart(export, service);
	int r = 0;

	for (unsigned n = 1; r == 0 && n <= service->replicas; n++)
		r = pod_add_instance(export, service, n, pod);
	if (grace > pod->grace)
		pod->grace = grace;
	if (restart == RESTART_ALWAYS ||
	    (restart == RESTART_ON_FAILURE && pod->restart != RESTART_ALWAYS))
		pod->restart = restart;
	return r;
}

/* A service comes after all that it needs: their number is its depth. */
static int pod_add_services(struct export *export, struct pod *pod)
{
	const struct project *project = export->project;
	int r = 0;

	for (unsigned depth = 0; depth < project->services.count; depth++)
		for (size_t i = 0; r == 0 && i < project->services.count; i++) {
			const struct service *service =
				project_service(project, i);

			if (pod_has(service) &&
			    export_depth(project, service) == depth)
				r = pod_add_service(export, service, pod);
		}
	return r;
}

static void pod_add_command(const struct export *export, struct pod *pod)
{
	struct list words = { .items = (void *)export->settings->command };

	while (export->settings->command[words.count])
		words.count++;
	buffer_printf(&pod->rest, "        - name: \"command\"\n");
	kubernetes_add_image(export, &pod->rest);
	kubernetes_add_words(&words, &pod->rest);
	if (export->settings->workdir) {
		buffer_printf(&pod->rest, "          workingDir: ");
		quote_yaml(&pod->rest, export->settings->workdir,
			   DOLLARS_PLAIN);
		buffer_printf(&pod->rest, "\n");
	}
}

static void pod_add_spec(const struct export *export, const struct pod *pod,
			 struct buffer *out)
{
	const char *policy = export->settings->command		  ? "Never"
			     : pod->restart == RESTART_ALWAYS	  ? "Always"
			     : pod->restart == RESTART_ON_FAILURE ? "OnFailure"
								  : "Never";

	buffer_printf(out,
		      "    spec:\n"
		      "      terminationGracePeriodSeconds: %u\n"
		      "      restartPolicy: %s\n",
		      pod->grace ? pod->grace : 10, policy);
	kubernetes_add_processes(export, out);
	if (pod->first.used)
		buffer_printf(out, "      initContainers:\n%s",
			      pod->first.text);
	buffer_printf(out, "      containers:\n%s",
		      pod->rest.text ? pod->rest.text : "");
	out->error = out->error		? out->error
		     : pod->first.error ? pod->first.error
					: pod->rest.error;
}

/* A Pod's spec stands four columns to the left of a Job's. */
static void add_outdented(struct buffer *out, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, "\n") + 1;
		size_t skip = strspn(text, " ") >= 4 ? 4 : 0;

		buffer_add(out, text + skip, length - skip);
		text += length;
	}
}

static int pod_write(struct export *export, const struct pod *pod)
{
	CLEANUP(buffer_free) struct buffer name = { 0 }, spec = { 0 };
	int r = kubernetes_label(export, export->application, &name);
	struct buffer *out = &export->file;

	if (r < 0)
		return r;
	pod_add_spec(export, pod, &spec);
	if (spec.error)
		return fault_set(export->fault, spec.error, "out of memory");
	buffer_printf(out,
		      "# Written by jig export.\napiVersion: %s\nkind: %s\n"
		      "metadata:\n  name: \"%s\"\n",
		      export->settings->command ? "batch/v1" : "v1",
		      export->settings->command ? "Job" : "Pod", name.text);
	if (export->settings->command) {
		buffer_printf(out, "spec:\n  backoffLimit: 0\n  template:\n%s",
			      spec.text);
	} else {
		buffer_printf(out, "  labels:\n    app: \"%s\"\n", name.text);
		add_outdented(out, spec.text);
	}
	return export_write_file(export, "yaml");
}

/* A pod has one policy for all of its containers. */
static void pod_note_restarts(const struct export *export,
			      const struct pod *pod)
{
	const struct project *project = export->project;

	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *service = project_service(project, i);
		enum restart restart = service->availability.restart;
		bool restarts = restart == RESTART_ALWAYS ||
				restart == RESTART_ON_FAILURE;

		if (!pod_has(service) || export->settings->command ||
		    pod_is_needed(project, service))
			continue;
		if (restart != pod->restart &&
		    (restarts || pod->restart != RESTART_NO))
			export_note(export, service,
				    "the pod's restart policy is that of "
				    "another service");
		if (service->availability.max_restarts)
			export_note(export, service,
				    "a pod restarts it without limit");
	}
}

static int pod_end(struct export *export)
{
	CLEANUP(pod_free) struct pod pod = { .restart = RESTART_NO };
	int r = pod_add_services(export, &pod);

	if (r == 0 && export->settings->command)
		pod_add_command(export, &pod);
	pod_note_restarts(export, &pod);
	if (r == 0 && !pod.rest.used)
		r = fault_set(export->fault, -EINVAL,
			      "no service is left for the pod");
	return r < 0 ? r : pod_write(export, &pod);
}

static void pod_note(const struct export *export, const struct service *service)
{
	bool awaited = export_awaited(export->project, service);
	bool sidecar = !awaited && (export->settings->command ||
				    pod_is_needed(export->project, service));

	kubernetes_note(export, service);
	if (service->ready.successes > 1)
		export_note(export, service,
			    "a startupProbe needs one success of its probe, "
			    "not %u",
			    service->ready.successes);
	if (service->disabled)
		export_note(export, service, "disabled: not in the pod");
	if (sidecar)
		export_note(export, NULL,
			    "sidecars (initContainers with restartPolicy) need "
			    "Kubernetes 1.29");
	if (sidecar && (service->availability.restart != RESTART_ALWAYS ||
			service->availability.max_restarts))
		export_note(export, service,
			    "a sidecar is always restarted, without limit");
	if (awaited)
		export_note(export, service,
			    "the pod goes on only after its success");
}

const struct exporter export_kubernetes_pod = {
	.name = "kubernetes",
	.is_container = true,
	.has_command = true,
	.note = pod_note,
	.end = pod_end,
};
