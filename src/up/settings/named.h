/* SPDX-License-Identifier: MIT */
/*
 * Options about some services only: --can-die, --restart NAME=POLICY, --stop
 * NAME=POLICY, --ready NAME=PROBE.
 *
 * Invariant: each name is that of a service, or the load fails.
 *
 * What does not belong here: options about all services (up/engine).
 */
#ifndef JIG_UP_SETTINGS_NAMED_H
#define JIG_UP_SETTINGS_NAMED_H

#include "cli/command/up_options.h"
#include "up/project/project.h"

/** Apply them; they override the file. @return 0 or -errno with the reason. */
int named_apply(const struct up_settings *settings, struct project *project,
		struct fault *fault);

#endif
