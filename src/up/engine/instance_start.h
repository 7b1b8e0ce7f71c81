/* SPDX-License-Identifier: MIT */
/* What an instance's fixture is started with: words, environment, streams. */
#ifndef JIG_UP_ENGINE_INSTANCE_START_H
#define JIG_UP_ENGINE_INSTANCE_START_H

#include "up/engine/instance.h"

/**
 * Begin to start the fixture of an instance that has none. Its command has not
 * been executed yet when this returns: fixture_started() tells of that.
 *
 * @return  0: instance->fixture, and instance->pty where it has a terminal;
 *          or -errno as fixture_begin(), with the reason.
 */
int instance_start_fixture(struct instance *instance, struct fault *fault);

/** Likewise its shutdown.command, beside it. */
int instance_start_stopper(struct instance *instance, struct jig **ret,
			   struct fault *fault);

/** How it is stopped, by the command line or its file, into the steps and the
 * stop mode of @command; no steps: by jig's usual policy. */
void instance_choose_stop(const struct instance *instance,
			  struct jig_command *command);

/** The exit status of a failed start, as a shell has it. */
int instance_start_status(int error);

#endif
