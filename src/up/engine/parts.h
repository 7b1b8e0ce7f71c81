/* SPDX-License-Identifier: MIT */
/*
 * The parts of the engine, for up/engine and up/run.c only.
 *
 *   up/run.c     the loop, signals, the owner, the end
 *   instances.c  which instances there are
 *   around.c     the command that all are there for
 *   stop.c       all stop, and hurry
 *   rouse.c      guards that do not act on a stop
 *   output.c     what is written
 */
#ifndef JIG_UP_ENGINE_PARTS_H
#define JIG_UP_ENGINE_PARTS_H

#include "up/engine/up.h"

/** All instances of the project. @return 0 or -ENOMEM. */
int up_append_all(struct up *up);

/** Free those that were scaled away and have ended. */
void up_forget_gone(struct up *up);

/** Whether one that was to be ready has failed, or will never start. */
bool up_has_failed(const struct up *up);

/** Everything goes on to the next step of its stop, whatever its order. */
void up_hurry(struct up *up);

/** Start the command; a failure stops all. */
void up_around_start(struct up *up);

/** As instance_look(). */
void up_around_look(struct up *up);

/** While a fixture is asked to stop: look at it by the clock as well. */
void up_rouse(struct up *up);

struct output_settings up_choose_output(const struct up *up);

/** Write what waits; where nobody takes it, the services wait, too. */
void up_write(struct up *up);

/** Before the output is closed. */
void up_unwatch(struct up *up);

/** Ports that are in use already. */
void up_say_ports(struct up *up);

/** What one instance, or all, have left behind; sets our status. */
void up_say_one(struct up *up, const struct instance *instance);
void up_say_report(struct up *up);

#endif
