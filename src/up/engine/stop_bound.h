/* SPDX-License-Identifier: MIT */
/*
 * How long a stop of all may take. Each service's stop has an end by its own
 * policy; `jig down` waits for all of them, and hurries them after this time.
 */
#ifndef JIG_UP_ENGINE_STOP_BOUND_H
#define JIG_UP_ENGINE_STOP_BOUND_H

#include "up/engine/up.h"

/**
 * What the policies of those that run add up to, if some stop after others;
 * else the longest one. In microseconds.
 */
int64_t stop_bound_us(const struct up *up);

/** After this time go on to the next step of each policy, once a second. The
 * sooner one counts if it is called again. */
void stop_bound_set(struct up *up, int64_t us);

#endif
