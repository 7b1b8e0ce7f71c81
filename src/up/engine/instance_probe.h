/* SPDX-License-Identifier: MIT */
/*
 * The readiness probes of a launched daemon whose command has left no process,
 * for instance*.c only. Its fixture has ended, so a fixture of its own, the
 * prober, runs them: `jig ready`.
 *
 * Invariant: there is a prober only in LAUNCHED and STOPPING. It ends before
 * the instance does.
 *
 * What does not belong here: probes while the fixture lives. Its guard runs
 * them.
 */
#ifndef JIG_UP_ENGINE_INSTANCE_PROBE_H
#define JIG_UP_ENGINE_INSTANCE_PROBE_H

#include "base/list.h"
#include "up/engine/instance.h"

/** Whether its command has ended with status 0, has left no process, and was
 * not ready: a daemon that is launched, and still to be probed. */
bool instance_is_launching(const struct instance *instance);

/**
 * What the prober is to run, from the fixture that has ended.
 * @words   of char *: list_free_texts() it.
 * @return  0, -ENOMEM; -ENOTSUP: its probes need a process of it.
 */
int instance_probe_words(const struct instance *instance, struct list *words);

/** It is LAUNCHED: begin to probe it, or stop it if @error is negative. */
void instance_probe(struct instance *instance, const struct list *words,
		    int error);

/** Request the end of its prober, if there is one. */
void instance_probe_stop(struct instance *instance);

/** As instance_look(), for the prober only. */
void instance_look_prober(struct instance *instance);

#endif
