// SPDX-License-Identifier: MIT
#include "base/environment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int environment_inherit(struct list *list, char *const *envp)
{
	int r = 0;

	for (; r == 0 && envp && *envp; envp++)
		r = list_append(list, envp, sizeof(*envp));
	return r;
}

/* With its "="; 0: it has no name. */
static size_t environment_name_length(const char *variable)
{
	size_t length = strcspn(variable, "=");

	return length > 0 && variable[length] == '=' ? length + 1 : 0;
}

int environment_set(struct list *list, const char *variable)
{
	size_t length = environment_name_length(variable);

	if (length == 0)
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

/* Where a variable stands. */
struct variable_place {
	const char *variable;
	size_t index;
};

/* Those of one name stand together, because it ends with "=". */
static int compare_places(const void *left, const void *right)
{
	const struct variable_place *a = left, *b = right;

	return strcmp(a->variable, b->variable);
}

/* The last variable of a name replaces the first one; those that are new
 * (from @old on) become NULL. */
static void replace_first(const char **items, size_t old,
			  const struct variable_place *places, size_t count)
{
	size_t first = places[0].index, last = places[0].index;

	for (size_t i = 1; i < count; i++) {
		if (places[i].index < first)
			first = places[i].index;
		if (places[i].index > last)
			last = places[i].index;
	}
	if (last < old)
		return;
	items[first] = items[last];
	for (size_t i = 0; i < count; i++)
		if (places[i].index >= old && places[i].index != first)
			items[places[i].index] = NULL;
}

static bool have_same_name(const struct variable_place *a,
			   const struct variable_place *b)
{
	return strncmp(a->variable, b->variable,
		       strcspn(a->variable, "=") + 1) == 0;
}

/* Variables from @old on replace those of the same name before them. */
static int environment_settle(struct list *list, size_t old)
{
	const char **items = list->items;
	size_t all = list->count, kept = old;
	CLEANUP_FREE struct variable_place *places =
		all ? calloc(all, sizeof(*places)) : NULL;

	if (all == 0)
		return 0;
	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < all; i++)
		places[i] = (struct variable_place){ items[i], i };
	qsort(places, all, sizeof(*places), compare_places);
	for (size_t from = 0, to; from < all; from = to) {
		for (to = from + 1;
		     to < all && have_same_name(&places[from], &places[to]);
		     to++)
			;
		replace_first(items, old, places + from, to - from);
	}
	for (size_t i = old; i < all; i++)
		if (items[i])
			items[kept++] = items[i];
	list->count = kept;
	return 0;
}

int environment_set_all(struct list *list, const struct list *more)
{
	const char **items = more->items;
	size_t old = list->count;
	int r = 0;

	for (size_t i = 0; i < more->count; i++)
		if (environment_name_length(items[i]) == 0)
			return -EINVAL;
	for (size_t i = 0; r == 0 && i < more->count; i++)
		r = list_append(list, &items[i], sizeof(items[i]));
	if (r == 0)
		r = environment_settle(list, old);
	if (r < 0)
		list->count = old;
	return r;
}

static char *environment_text(struct list *texts, const char *format,
			      va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0 ||
	    list_take_text(texts, text) < 0)
		return NULL;
	return text;
}

int environment_print(struct list *list, struct list *texts, const char *format,
		      ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = environment_text(texts, format, arguments);
	va_end(arguments);
	return text ? environment_set(list, text) : -ENOMEM;
}

int environment_print_new(struct list *list, struct list *texts,
			  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = environment_text(texts, format, arguments);
	va_end(arguments);
	return text ? list_append(list, &text, sizeof(text)) : -ENOMEM;
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
