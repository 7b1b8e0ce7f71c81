/* SPDX-License-Identifier: MIT */
/*
 * Which services run, how many instances each, and on which ports. Pure.
 */
#ifndef JIG_UP_PROJECT_FORMATION_H
#define JIG_UP_PROJECT_FORMATION_H

#include "up/project/project.h"

/**
 * Set replicas: "web=2,worker=1"; "all=1,web=2" sets those not named, too
 * (Foreman's -m, Honcho's -c).
 *
 * Blanks around names and numbers do not count. On failure nothing is changed.
 *
 * @exclusive  a service that is not named gets 0 (Foreman's -m without "all").
 * @return  0; -EINVAL not of this form; -ENOENT no such service, with the
 *          nearest one in @fault.
 */
int formation_apply(struct project *project, const char *text, bool exclusive,
		    struct fault *fault);

/**
 * Only these are to run, with what they depend on; a named service runs though
 * it is disabled.
 *
 * @names  NULL-terminated. An empty list: all that are not disabled.
 */
int formation_select(struct project *project, const char *const *names,
		     struct fault *fault);

/** These are not to run. @text  names, commas between. On failure nothing is
 * changed. */
int formation_leave_out(struct project *project, const char *text,
			struct fault *fault);

/**
 * The base of the ports: @option (-p), else PORT in the project's environment
 * (.env), else @environment's PORT, else 5000. An empty PORT is none.
 *
 * @option  NULL: not given.
 * @ret     1 to 65535; 0 is refused.
 */
int formation_base_port(const struct project *project, const char *option,
			const char *environment, unsigned *ret,
			struct fault *fault);

/**
 * PORT of an instance: base + 100 × the service's place in the file + instance
 * - 1.
 * @return  the port; -ERANGE when it is past 65535.
 */
int formation_port(unsigned base, const struct service *service,
		   unsigned instance);

#endif
