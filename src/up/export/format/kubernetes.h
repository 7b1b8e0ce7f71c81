/* SPDX-License-Identifier: MIT */
/*
 * What both exports for Kubernetes share: names and containers
 * (kubernetes_container.c). Every text is in double quotes.
 *
 * What does not belong here: the objects (kubernetes.c, kubernetes_pod.c).
 */
#ifndef JIG_UP_EXPORT_FORMAT_KUBERNETES_H
#define JIG_UP_EXPORT_FORMAT_KUBERNETES_H

#include "up/export/text.h"

/** A DNS label from @text: small letters, digits and '-'; or -EINVAL. */
int kubernetes_label(const struct export *export, const char *text,
		     struct buffer *ret);

/** How a container stands in its pod. */
struct kubernetes_container {
	const char *name; /* a label */
	bool is_sidecar; /* among initContainers, and goes on */
	bool starts; /* startupProbe: whether it is ready */
	bool serves; /* readinessProbe: whether a Service may use it */
	bool lives; /* livenessProbe */
};

/** One item of `containers` or `initContainers`, 8 columns in. @return 0 or
 *  -ENOMEM. */
int kubernetes_add_container(const struct export *export,
			     const struct export_instance *instance,
			     const struct kubernetes_container *how,
			     struct buffer *out);

/** "command: […]". */
void kubernetes_add_words(const struct list *words, struct buffer *out);

/** "image: …" by the settings. */
void kubernetes_add_image(const struct export *export, struct buffer *out);

/** What all processes of a pod share: one pid namespace, since a command that
 * is process 1 would ignore TERM; and the user, if that is a number. */
void kubernetes_add_processes(const struct export *export, struct buffer *out);

/** Note what neither form can express. */
void kubernetes_note(const struct export *export,
		     const struct service *service);

#endif
