/* SPDX-License-Identifier: MIT */
/*
 * How long a stop of all may take. Each service's stop policy limits its own
 * stop. `jig down` waits for all of them, and hurries them after this time.
 *
 * Invariant: the time is computed from the policies only, and saturates.
 *
 * What does not belong here: the order of stops (schedule.h).
 */
#ifndef JIG_UP_ENGINE_STOP_BOUND_H
#define JIG_UP_ENGINE_STOP_BOUND_H

#include "up/engine/up.h"

/**
 * The sum of the policies of all instances that run, if some stop after
 * others; else the longest policy. In microseconds.
 */
int64_t stop_bound_us(const struct up *up);

/** After this time, begin the next step of each policy once a second. If it is
 * called again, the earlier time applies. */
void stop_bound_set(struct up *up, int64_t us);

#endif
