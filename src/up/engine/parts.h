/* SPDX-License-Identifier: MIT */
/*
 * The parts of the engine, for up/run.c and the files of this folder only.
 *
 *   instances.c  which instances exist
 *   stop.c       a stop of all, and guards that do not act on it
 *   around.c     `jig up -- command`
 *   output.c     what is written
 *
 * Invariant: these functions change `up`, and write only to its output.
 *
 * What does not belong here: functions that up/control calls (up.h).
 */
#ifndef JIG_UP_ENGINE_PARTS_H
#define JIG_UP_ENGINE_PARTS_H

#include "up/engine/up.h"

/** Make all instances of the project. @return 0 or -ENOMEM. */
int up_append_all(struct up *up);

/** Free the instances that `jig scale` removed, once they have ended. */
void up_forget_gone(struct up *up);

/** Whether an instance has failed, or will never start. */
bool up_has_failed(const struct up *up);

/** All instances begin the next step of their stop at once, in no order. */
void up_hurry(struct up *up);

/** Start the command. If that fails, stop all. */
void up_around_start(struct up *up);

/** As instance_look(). */
void up_around_look(struct up *up);

/** While a fixture has been requested to stop: also check it by a timer. */
void up_rouse(struct up *up);

struct output_settings up_choose_output(const struct up *up);

/** Write pending output. While the output takes nothing, services wait. */
void up_write(struct up *up);

/** Remove the output's watches, before it is closed. */
void up_unwatch(struct up *up);

/** Report ports that are in use already. */
void up_say_ports(struct up *up);

/** Report leftovers and survivors of one instance. */
void up_say_one(struct up *up, const struct instance *instance);
/** The same for all instances; survivors change our exit status. */
void up_say_report(struct up *up);

#endif
