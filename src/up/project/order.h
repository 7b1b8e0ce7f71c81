/* SPDX-License-Identifier: MIT */
/*
 * In which order services start and stop, from what each depends on. Pure.
 */
#ifndef JIG_UP_PROJECT_ORDER_H
#define JIG_UP_PROJECT_ORDER_H

#include "up/project/project.h"

/**
 * Check that every dependency exists and that none goes round in a circle.
 *
 * @return  0; -ENOENT it names no service (the nearest one is named); -ELOOP
 *          with the circle: "a → b → a".
 */
int order_check(const struct project *project, struct fault *fault);

/**
 * Which services others depend on, directly or not. Takes time in proportion to
 * services and dependencies, not to pairs of services.
 *
 * @from  for each service of the project: whether what it depends on counts.
 * @ret   for each: whether one of those depends on it.
 * @return  0 or -ENOMEM.
 */
int order_needed(const struct project *project, const bool *from, bool *ret);

/** Whether a service depends on another one, directly or not. Without memory to
 * find out: false. */
bool order_needs(const struct project *project, const char *name,
		 const char *other);

#endif
