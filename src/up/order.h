/* SPDX-License-Identifier: MIT */
/*
 * In which order services start and stop, from what each depends on. Pure.
 */
#ifndef JIG_UP_ORDER_H
#define JIG_UP_ORDER_H

#include "up/project.h"

/**
 * Check that every dependency exists and that none goes round in a circle.
 *
 * @return  0; -ENOENT it names no service (the nearest one is named); -ELOOP
 *          with the circle: "a → b → a".
 */
int order_check(const struct project *project, struct fault *fault);

/** Whether a service depends on another one, directly or not. Without memory to
 * find out: false. */
bool order_needs(const struct project *project, const char *name,
		 const char *other);

#endif
