// SPDX-License-Identifier: MIT
/* Kubernetes: one container of a pod, with its probes. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "net/names.h"
#include "up/export/format/kubernetes.h"

int kubernetes_label(const struct export *export, const char *text,
		     struct buffer *ret)
{
	buffer_printf(ret, "%s", text);
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

static void add_ports(const struct export_instance *instance,
		      struct buffer *out)
{
	unsigned ports[EXPORT_PORTS];
	size_t count = export_ports(instance, ports, EXPORT_PORTS);

	if (count)
		buffer_printf(out, "          ports:\n");
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "            - containerPort: %u\n",
			      ports[i]);
}

/* ------------------------------------------------------------------- probes */

static void add_get(const struct export_address *at, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };

	buffer_printf(out, "            httpGet:\n              path: ");
	buffer_printf(&path, "%.*s", at->path_length, at->path);
	quote_yaml(out, path.text ? path.text : "/", DOLLARS_PLAIN);
	buffer_printf(out, "\n              port: %u\n", at->port);
}

/* The kubelet asks an address by itself, if jig is not said to be in the
 * image. It asks at the pod's address, so one with a host needs jig. */
static bool is_native(const struct export *export, const struct check *check,
		      struct export_address *ret)
{
	return !export->settings->jig && check->probes.count == 1 &&
	       export_probe_address(export_word(&check->probes, 0), ret) == 0 &&
	       (strcmp(ret->host, "127.0.0.1") == 0 ||
		strcmp(ret->host, "localhost") == 0);
}

/* @indent  columns: of the object that has it. */
static void add_exec_probe(const struct list *words, int indent,
			   struct buffer *out)
{
	buffer_printf(out, "%*sexec:\n%*scommand: [", indent, "", indent + 2,
		      "");
	for (size_t i = 0; i < words->count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(words, i), DOLLARS_KUBERNETES);
	}
	buffer_printf(out, "]\n");
}

/* @return 1; 0: there is none that can be asked; or -ENOMEM. */
static int add_question(const struct export *export,
			const struct export_instance *instance,
			const char *name, const struct check *check,
			struct buffer *out)
{
	const struct export_ready how = { .check = check, .once = true };
	CLEANUP(buffer_free) struct buffer line = { 0 };
	bool is_line =
		export_exec_only(export, instance->service, check, &line);
	const char *shell[] = { "/bin/sh", "-c", line.text ? line.text : "" };
	struct list shell_words = { .items = shell, .count = 3 };
	CLEANUP(list_free_texts) struct list words = { 0 };
	struct export_address at;
	bool native = is_native(export, check, &at);
	int r = native || is_line
			? 1
			: export_ready_words(export, instance, &how, &words);

	if (r <= 0)
		return r;
	buffer_printf(out, "          %s:\n", name);
	if (!native)
		add_exec_probe(is_line ? &shell_words : &words, 12, out);
	else if (at.http)
		add_get(&at, out);
	else
		buffer_printf(
			out, "            tcpSocket:\n              port: %u\n",
			at.port);
	if (native)
		export_note(export, instance->service,
			    "its probe connects to the pod's address: it must "
			    "listen there, or jig be in the image (--jig)");
	return 1;
}

static unsigned kubernetes_seconds(const struct export *export,
				   const struct service *service, int64_t us,
				   unsigned otherwise)
{
	unsigned seconds = export_seconds(us, otherwise);
	char text[EXPORT_TIME_SIZE];

	if (us > 0 && us % 1000000)
		export_note(export, service,
			    "kubernetes counts whole seconds: %s of a probe "
			    "becomes %u s",
			    export_time(us, text), seconds);
	return seconds;
}

/* @period  in seconds, if the file gives none. */
static int kubernetes_add_probe(const struct export *export,
				const struct export_instance *instance,
				const char *name, const struct check *check,
				unsigned period, unsigned failures,
				struct buffer *out)
{
	const struct service *service = instance->service;
	int r = add_question(export, instance, name, check, out);

	if (r <= 0)
		return r;
	buffer_printf(
		out,
		"            initialDelaySeconds: %u\n"
		"            periodSeconds: %u\n"
		"            timeoutSeconds: %u\n"
		"            failureThreshold: %u\n"
		"            successThreshold: %u\n",
		kubernetes_seconds(export, service, check->delay_us, 0),
		kubernetes_seconds(export, service, export_period_us(check),
				   period),
		kubernetes_seconds(export, service, check->timeout_us,
				   export_seconds(export_attempt_us(check), 1)),
		check->failures ? check->failures : failures,
		strcmp(name, "readinessProbe") == 0 && check->successes
			? check->successes
			: 1);
	return r;
}

/* As many attempts as the start may last: then the container begins again. */
static int kubernetes_add_start(const struct export *export,
				const struct export_instance *instance,
				struct buffer *out)
{
	const struct service *service = instance->service;
	int64_t us = export_patience_us(service);
	unsigned period = export_seconds(export_period_us(&service->ready), 1);
	unsigned most = us < 0 ? 2147483647 : export_seconds(us, 60);

	return kubernetes_add_probe(export, instance, "startupProbe",
				    &service->ready, 1,
				    (most + period - 1) / period, out);
}

static int kubernetes_add_probes(const struct export *export,
				 const struct export_instance *instance,
				 const struct kubernetes_container *how,
				 struct buffer *out)
{
	const struct service *service = instance->service;
	int r = how->starts ? kubernetes_add_start(export, instance, out) : 0;

	if (r >= 0 && how->serves)
		r = kubernetes_add_probe(export, instance, "readinessProbe",
					 &service->ready, 10, 3, out);
	if (r >= 0 && how->lives)
		r = kubernetes_add_probe(export, instance, "livenessProbe",
					 &service->live, 10, 3, out);
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------ the container */

void kubernetes_add_words(const struct list *words, struct buffer *out)
{
	buffer_printf(out, "          command: [");
	for (size_t i = 0; i < words->count; i++) {
		buffer_printf(out, i ? ", " : "");
		quote_yaml(out, export_word(words, i), DOLLARS_KUBERNETES);
	}
	buffer_printf(out, "]\n");
}

void kubernetes_add_image(const struct export *export, struct buffer *out)
{
	const char *image = export->settings->image;

	buffer_printf(out, "          image: ");
	quote_yaml(out, image ? image : export->application, DOLLARS_PLAIN);
	buffer_printf(out, "\n");
}

static void export_kubernetes_add_env(const struct export_instance *instance,
				      struct buffer *out)
{
	if (instance->env.count)
		buffer_printf(out, "          env:\n");
	for (size_t i = 0; i < instance->env.count; i++) {
		CLEANUP(buffer_free) struct buffer name = { 0 };
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		buffer_add(&name, variable, length);
		buffer_printf(out, "            - name: ");
		quote_yaml(out, name.text ? name.text : "", DOLLARS_PLAIN);
		buffer_printf(out, "\n              value: ");
		quote_yaml(out, variable + length + (variable[length] == '='),
			   DOLLARS_KUBERNETES);
		buffer_printf(out, "\n");
	}
}

static void add_stop_command(const struct service *service, struct buffer *out)
{
	const char *shell[] = { "/bin/sh", "-c", service->shutdown.command };
	struct list words = { .items = shell, .count = 3 };

	if (!service->shutdown.command)
		return;
	buffer_printf(out, "          lifecycle:\n            preStop:\n");
	add_exec_probe(&words, 14, out);
}

int kubernetes_add_container(const struct export *export,
			     const struct export_instance *instance,
			     const struct kubernetes_container *how,
			     struct buffer *out)
{
	buffer_printf(out, "        - name: \"%s\"\n", how->name);
	kubernetes_add_image(export, out);
	if (how->is_sidecar)
		buffer_printf(out, "          restartPolicy: Always\n");
	kubernetes_add_words(&instance->words, out);
	if (instance->cwd.used) {
		buffer_printf(out, "          workingDir: ");
		quote_yaml(out, instance->cwd.text, DOLLARS_PLAIN);
		buffer_printf(out, "\n");
	}
	if (how->starts || how->serves)
		add_ports(instance, out);
	export_kubernetes_add_env(instance, out);
	if (how->lives)
		add_stop_command(instance->service, out);
	return kubernetes_add_probes(export, instance, how, out);
}

/* ------------------------------------------------------------ all processes */

void kubernetes_add_processes(const struct export *export, struct buffer *out)
{
	const char *user = export->settings->user;
	size_t digits = user ? strspn(user, "0123456789") : 0;
	const char *group =
		digits && user[digits] == ':' ? user + digits + 1 : NULL;

	buffer_printf(out, "      shareProcessNamespace: true\n");
	if (!digits || (user[digits] && user[digits] != ':'))
		return;
	buffer_printf(out, "      securityContext:\n        runAsUser: %.*s\n",
		      (int)digits, user);
	if (group && *group && !group[strspn(group, "0123456789")])
		buffer_printf(out, "        runAsGroup: %s\n", group);
}

void kubernetes_note(const struct export *export, const struct service *service)
{
	const struct availability *when = &service->availability;
	const char *user = export->settings->user;

	if (user && user[strspn(user, "0123456789:")])
		export_note(export, NULL,
			    "kubernetes needs a number for a user: the image's "
			    "user is used, not %s",
			    user);
	if (service->shutdown.main_only)
		export_note(export, service,
			    "parent_only is left out: a container's main "
			    "process gets the stop signal");
	if (export_stop_signal(service) != SIGTERM)
		export_note(export, service,
			    "the stop signal is the image's (TERM)");
	if (when->backoff_us || when->backoff_max_us)
		export_note(export, service,
			    "kubernetes uses its own back-off");
	if (service->success.count)
		export_note(export, service,
			    "kubernetes treats only status 0 as success");
	if (service->log.path)
		export_note(export, service, "its log is the pod's, not %s",
			    service->log.path);
	if (service->is_daemon)
		export_note(export, service,
			    "a container ends with its main process: make the "
			    "daemon stay in the foreground");
}
