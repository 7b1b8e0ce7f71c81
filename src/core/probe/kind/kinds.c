// SPDX-License-Identifier: MIT
#include "core/probe/kind/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct probe_ops *const kinds[] = {
	&probe_tcp,  &probe_unix,   &probe_http, &probe_log,   &probe_file,
	&probe_exec, &probe_notify, &probe_fd,	 &probe_delay,
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static const char *next_kind(size_t index, const void *table)
{
	(void)table;
	return index < KIND_COUNT ? kinds[index]->kind : NULL;
}

static const struct probe_ops *find_kind(const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i]->kind, name) == 0)
			return kinds[i];
	return NULL;
}

static int unknown_kind(const char *text, const char *name, struct fault *fault)
{
	const char *nearest = text_nearest(name, next_kind, NULL);
	struct buffer all = { 0 };
	char shown[64];

	if (strcmp(name, "https") == 0)
		return fault_set(fault, -EINVAL,
				 "'%s': there is no probe for https; use "
				 "exec:, as \"exec:curl -fsk https://…\"",
				 text_printable(text, shown, sizeof(shown)));
	for (size_t i = 0; i < KIND_COUNT; i++)
		buffer_printf(&all, "%s%s", i ? ", " : "", kinds[i]->kind);
	(void)fault_set(fault, -EINVAL,
			"'%s': unknown probe%s%s%s; there are %s",
			text_printable(text, shown, sizeof(shown)),
			nearest ? " (did you mean " : "",
			nearest ? nearest : "", nearest ? "?)" : "",
			all.text ? all.text : "none");
	buffer_free(&all);
	return -EINVAL;
}

/* The message quotes the text, which may contain any bytes. */
static int probe_kinds_refuse(struct probe *probe, int error,
			      const struct fault *reason, struct fault *fault)
{
	const char *form = probe->ops->form;
	char text[128], words[sizeof(reason->text) / 2];

	(void)text_printable(probe->text, text, sizeof(text));
	(void)text_printable(reason->text, words, sizeof(words));
	probe_close(probe);
	return fault_set(fault, error, "'%s': %s; the form is %s", text, words,
			 form);
}

int probe_parse(struct probe *ret, const char *text, struct fault *fault)
{
	size_t length = strcspn(text, ":");
	struct probe probe = { .text = text };
	struct fault reason = { "" };
	char name[48];

	text_copy(name, length < sizeof(name) ? length + 1 : sizeof(name),
		  text);
	probe.ops = find_kind(name);
	if (!probe.ops)
		return unknown_kind(text, name, fault);

	int r = probe.ops->parse(&probe, text + length + (text[length] == ':'),
				 &reason);

	if (r < 0)
		return probe_kinds_refuse(&probe, r, &reason, fault);
	*ret = probe;
	return 0;
}
