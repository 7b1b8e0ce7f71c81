/* SPDX-License-Identifier: MIT */
/*
 * An environment as a list of char *, each "NAME=value".
 *
 * Invariant: the strings are borrowed; each name stands there once.
 */
#ifndef JIG_BASE_ENVIRONMENT_H
#define JIG_BASE_ENVIRONMENT_H

#include <stdbool.h>

#include "base/list.h"

/** Add all of @envp (NULL-terminated; NULL is none). @return 0, -ENOMEM. */
int environment_inherit(struct list *list, char *const *envp);

/**
 * Add or replace one variable.
 * @return  0, -EINVAL when it is not of the form NAME=value, or -ENOMEM.
 */
int environment_set(struct list *list, const char *variable);

/**
 * The same for each of @more (of char *), in its order. The time is that of
 * sorting, so use it for many.
 * @return  0; or -EINVAL or -ENOMEM, and the list is as it was.
 */
int environment_set_all(struct list *list, const struct list *more);

/**
 * environment_set() with printf's format.
 * @texts  of char *: gets the text; list_free_texts() it after @list.
 */
int environment_print(struct list *list, struct list *texts, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

/** The same without a look for a variable of this name: what
 * environment_set_all() takes. */
int environment_print_new(struct list *list, struct list *texts,
			  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Remove the variable of this name, if it is there. */
void environment_remove(struct list *list, const char *name);

#endif
