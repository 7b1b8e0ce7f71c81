/* SPDX-License-Identifier: MIT */
/*
 * Which instances may start, which may stop, and what the end of one means for
 * the others.
 *
 * Invariant: each decision depends only on the states of the instances, so the
 * schedule has no state of its own and is called after every event.
 *
 * What does not belong here: how an instance starts and stops (instance.h).
 */
#ifndef JIG_UP_ENGINE_SCHEDULE_H
#define JIG_UP_ENGINE_SCHEDULE_H

#include "up/engine/up.h"

/**
 * Start each instance that may start, in the file's order. Skip those whose
 * dependencies will never be met. An instance starts only after the command of
 * the one before it was executed, or after 0.5 s, so that lines and ports come
 * in the file's order.
 */
void schedule_starts(struct up *up);

/** After a request that starts instances: those that were skipped wait again,
 * if their dependencies may be met now. */
void schedule_unskip(struct up *up);

/** Whether the next start waits for the execution of an earlier one. An alarm
 * wakes the loop when this wait is over. */
bool schedule_is_starting(struct up *up);

/** In a stop of all: stop the instances on which no running one depends. */
void schedule_stops(struct up *up);

/** An instance has ended: choose its next state, and whether all stop.
 * The on_end() of instances. */
void schedule_ended(struct instance *instance);

/** Whether all is over: no instance is alive or can be started again (after
 * `jig stop` or `jig scale NAME=0`), and the command of `jig up -- command`
 * does not run. */
bool schedule_is_over(const struct up *up);

#endif
