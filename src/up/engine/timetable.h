/* SPDX-License-Identifier: MIT */
/*
 * When an instance runs again: at the times of process-compose's schedule, and
 * after the delay before a restart.
 *
 * Between its runs an instance is SCHEDULED. A time that comes while it runs is
 * left out, so there is never more than one run of an instance.
 *
 * What does not belong here: what times a file names (up/project/cron.h).
 */
#ifndef JIG_UP_ENGINE_TIMETABLE_H
#define JIG_UP_ENGINE_TIMETABLE_H

#include "up/engine/instance.h"

/** Wait for the next time of an instance without a fixture, then let it start.
 */
void timetable_wait(struct instance *instance);

/** BACKOFF: restart an instance without a fixture after a while, which doubles
 * each time. */
void timetable_back_off(struct instance *instance);

#endif
