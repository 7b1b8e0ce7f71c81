/* SPDX-License-Identifier: MIT */
/*
 * Dependencies: the order in which services start and stop.
 *
 * Invariant: pure functions, linear in services and dependencies, without
 * recursion.
 *
 * What does not belong here: states of instances (up/engine/schedule.h).
 */
#ifndef JIG_UP_PROJECT_ORDER_H
#define JIG_UP_PROJECT_ORDER_H

#include "up/project/project.h"

/**
 * Check that every dependency exists, and that there is no circle.
 *
 * @return  0; -ENOENT: there is no such service (@fault names the nearest one);
 *          -ELOOP, with the circle: "a → b → a".
 */
int order_check(const struct project *project, struct fault *fault);

/**
 * Which services others depend on, directly or not.
 *
 * @from  for each service of the project: whether its dependencies count.
 * @ret   for each service: whether one of those depends on it.
 * @return  0 or -ENOMEM.
 */
int order_needed(const struct project *project, const bool *from, bool *ret);

/** Whether a service depends on another one, directly or not. False if memory
 * is short. */
bool order_needs(const struct project *project, const char *name,
		 const char *other);

#endif
