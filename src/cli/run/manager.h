/* SPDX-License-Identifier: MIT */
/*
 * `jig run` as a service of Type=notify, systemd.service(5).
 *
 * The manager believes us alone. The command of another one, or a job, has a
 * readiness of its own.
 */
#ifndef JIG_CLI_RUN_MANAGER_H
#define JIG_CLI_RUN_MANAGER_H

#include "cli/run/option/settings.h"

/** Open plan.manager if there is one and we know when we are ready: by --ready
 * of the command or of a fixture of --with. */
void run_manager_open(struct run_settings *settings);

/** All fixtures of --with are ready, and the command starts. It counts as ready
 * if it has no probe. */
void run_manager_tell_fixtures(const struct run_settings *settings);

#endif
