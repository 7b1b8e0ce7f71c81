/* SPDX-License-Identifier: MIT */
/*
 * Who may start, who may stop, and what one's end means for the others.
 *
 * Decides from the states of all instances alone, so it is asked after every
 * event and needs no memory of its own.
 */
#ifndef JIG_UP_ENGINE_SCHEDULE_H
#define JIG_UP_ENGINE_SCHEDULE_H

#include "up/engine/up.h"

/**
 * Start each instance that may start, in the file's order; skip those that
 * never will. The next one begins when the command of the one before was
 * executed, so that lines and ports come in order; it waits for this for 0.5 s
 * at most.
 */
void schedule_starts(struct up *up);

/** Whether one was begun just now, and the next one waits for it. The loop
 * wakes when that is over. */
bool schedule_is_starting(struct up *up);

/** While all stop: stop those that no running one depends on. */
void schedule_stops(struct up *up);

/** An instance has ended: restart it, or stop all, or go on. */
void schedule_ended(struct instance *instance);

/** What an instance that has ended by itself means for our own status. */
bool schedule_is_over(const struct up *up);

#endif
