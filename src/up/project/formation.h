/* SPDX-License-Identifier: MIT */
/*
 * Which services run, how many instances each has, and on which ports.
 *
 * Invariant: functions that can fail change nothing on failure.
 *
 * What does not belong here: dependencies (order.h).
 */
#ifndef JIG_UP_PROJECT_FORMATION_H
#define JIG_UP_PROJECT_FORMATION_H

#include "up/project/project.h"

/** @return 0; -ENOENT: no such service, with the nearest one in @fault. */
int formation_find(const struct project *project, const char *name,
		   struct service **ret, struct fault *fault);

/**
 * Set replicas: "web=2,worker=1"; "all=1,web=2" also sets the services that are
 * not named (Foreman's -m, Honcho's -c). Blanks around names and numbers are
 * ignored.
 *
 * @exclusive  a service that is not named gets 0 (Foreman's -m without "all").
 * @return  0; -EINVAL: not of this form; -ENOENT: no such service, with the
 *          nearest one in @fault.
 */
int formation_apply(struct project *project, const char *text, bool exclusive,
		    struct fault *fault);

/**
 * Run only these services and their dependencies. A named service runs even if
 * it is disabled.
 *
 * @names    NULL-terminated. An empty list: all that are not disabled.
 * @no_deps  without their dependencies, for which they do not wait either.
 */
int formation_select(struct project *project, const char *const *names,
		     bool no_deps, struct fault *fault);

/**
 * Run only services of these namespaces. Services that name none are in
 * "default".
 *
 * @namespaces  of const char *; empty: all.
 * @return      0; -ENOENT: no service is in one of them.
 */
int formation_namespaces(struct project *project, const struct list *namespaces,
			 struct fault *fault);

/** Do not run these services. @text  names, separated by commas. */
int formation_leave_out(struct project *project, const char *text,
			struct fault *fault);

/**
 * The base of the ports: @option (-p), else PORT in the project's environment
 * (.env), else @environment, else 5000. An empty PORT counts as not set.
 *
 * @option  NULL: not given.
 * @ret     1 to 65535.
 */
int formation_base_port(const struct project *project, const char *option,
			const char *environment, unsigned *ret,
			struct fault *fault);

/**
 * Set the distance between the ports of services, and of instances: "10" or
 * "10,2".
 * @return  0; -EINVAL: not of this form.
 */
int formation_space(struct project *project, const char *text,
		    struct fault *fault);

/**
 * PORT of an instance: base + 100 × the service's place in the file + instance
 * - 1; with formation_space() base + step × place + (instance - 1) × the other
 * step.
 * @return  the port; -ERANGE: it is above 65535.
 */
int formation_port(unsigned base, const struct service *service,
		   unsigned instance);

#endif
