/* SPDX-License-Identifier: MIT */
/*
 * What a project gives to each of its services: variables, PORT, directory,
 * shell.
 *
 * Invariant: after project_settle() an instance depends on its service only,
 * not on the project. So a service can go on while its project is replaced.
 *
 * What does not belong here: variables that each instance has of its own
 * (up/project/variables.h).
 */
#ifndef JIG_UP_PROJECT_GIVEN_H
#define JIG_UP_PROJECT_GIVEN_H

#include "up/project/project.h"

/**
 * Set service->given of all services. Once, when a project is complete.
 * @port    -p, or NULL: for formation_base_port().
 * @return  0; or -errno with the reason.
 */
int project_give(struct project *project, const char *port,
		 struct fault *fault);

/** The same for running it: services without a log have the project's. */
int project_settle(struct project *project, const char *port,
		   struct fault *fault);

/** PORT of an instance, as formation_port(); 0: it has none. */
int service_port(const struct service *service, unsigned instance);

/** Append "variable NAME" for each variable that differs. For field_compare().
 */
int variables_compare(const struct service *old, const struct service *new,
		      struct list *ret);

/** Append "PORT 5000 becomes 5100", if it does. For field_compare(). */
int variables_compare_port(const struct service *old, const struct service *new,
			   struct list *ret);

#endif
