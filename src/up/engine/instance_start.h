/* SPDX-License-Identifier: MIT */
/*
 * What an instance's fixture is started with: words, environment, streams.
 *
 * Invariant: these functions change only the instance's fixture and pty; its
 * state is the business of instance_run.c and instance_stop.c.
 *
 * What does not belong here: when an instance starts (schedule.h).
 */
#ifndef JIG_UP_ENGINE_INSTANCE_START_H
#define JIG_UP_ENGINE_INSTANCE_START_H

#include "up/engine/instance.h"

/**
 * Begin to start the fixture of an instance that has none. When this returns,
 * the command has not been executed yet: see fixture_started().
 *
 * @return  0: instance->fixture is set, and instance->pty if it has a terminal;
 *          or -errno as fixture_begin(), with the reason.
 */
int instance_start_fixture(struct instance *instance, struct fault *fault);

/** The same for its shutdown.command, which runs beside the fixture. */
int instance_start_stopper(struct instance *instance, struct jig **ret,
			   struct fault *fault);

/** Set the steps and the stop mode of @command, from the command line or the
 * file. No steps: the default policy. */
void instance_choose_stop(const struct instance *instance,
			  struct jig_command *command);

/** The exit status of a failed start, as in a shell. */
int instance_start_status(int error);

#endif
