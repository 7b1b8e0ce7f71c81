/* SPDX-License-Identifier: MIT */
/*
 * The options of `jig ready`, and what they set.
 *
 * What does not belong here: the probes themselves (ready.c).
 */
#ifndef JIG_CLI_LOOK_READY_OPTIONS_H
#define JIG_CLI_LOOK_READY_OPTIONS_H

#include "base/list.h"
#include "cli/command/command.h"
#include "core/ready/readiness.h"

struct ready_settings {
	struct readiness readiness;
	struct buffer texts[READINESS_PROBES];
	pid_t pid; /* 0: any process may listen */
	bool quiet;
};

extern const struct option ready_options[];

#endif
