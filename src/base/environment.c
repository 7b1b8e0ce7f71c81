// SPDX-License-Identifier: MIT
#include "base/environment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int environment_inherit(struct list *list, char *const *envp)
{
	int r = 0;

	for (; r == 0 && envp && *envp; envp++)
		r = list_append(list, envp, sizeof(*envp));
	return r;
}

int environment_set(struct list *list, const char *variable)
{
	size_t length = strcspn(variable, "=") + 1;

	if (length == 1 || variable[length - 1] != '=')
		return -EINVAL;
	for (size_t i = 0; i < list->count; i++) {
		const char **item = list_at(list, i, sizeof(*item));

		if (strncmp(*item, variable, length) == 0) {
			*item = variable;
			return 0;
		}
	}
	return list_append(list, &variable, sizeof(variable));
}

int environment_print(struct list *list, struct list *texts, const char *format,
		      ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0 || list_take_text(texts, text) < 0)
		return -ENOMEM;
	return environment_set(list, text);
}

void environment_remove(struct list *list, const char *name)
{
	size_t length = strlen(name), kept = 0;
	const char **items = list->items;

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(items[i], name, length) != 0 ||
		    items[i][length] != '=')
			items[kept++] = items[i];
	list->count = kept;
}
