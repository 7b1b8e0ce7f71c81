/* SPDX-License-Identifier: MIT */
/*
 * The table of a service's properties: one row for each member of struct
 * service. From it a service is compared with its new form, and a project is
 * written as bytes and read again.
 *
 * Invariant: each member of struct service, also of the structs in it, has a
 * row, so a new property is neither lost nor overlooked (a test compares the
 * table with project.h).
 *
 * What does not belong here: what a difference means for an instance
 * (up/reload).
 */
#ifndef JIG_UP_PROJECT_FIELD_H
#define JIG_UP_PROJECT_FIELD_H

#include "up/project/project.h"

/**
 * What of a service differs from its new form, for people: names of keys and of
 * variables, never their values.
 *
 * @ret     of char *: appended; list_free_texts() it. Empty: nothing that a
 *          process of it could notice.
 * @return  0 or -ENOMEM.
 */
int field_compare(const struct service *old, const struct service *new,
		  struct list *ret);

/** The same for the project itself. */
int field_compare_projects(const struct project *old, const struct project *new,
			   struct list *ret);

/**
 * Append a project that is settled: all that the engine reads. A failure is in
 * @ret->error.
 *
 * @choose  replaces a service by another one; NULL: none.
 */
void field_write(const struct project *project,
		 const struct service *(*choose)(const struct service *service,
						 void *context),
		 void *context, struct buffer *ret);

/**
 * Read what field_write() has written, in the same program.
 * @ret     project_free() it, also after a failure.
 * @return  0, -EBADMSG or -ENOMEM.
 */
int field_read(const char *bytes, size_t size, struct project *ret);

#endif
