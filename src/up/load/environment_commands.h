/* SPDX-License-Identifier: MIT */
/*
 * Variables whose values commands print: env_cmds of process-compose.
 *
 * Invariant: no command runs unless the user allows it with --allow-commands,
 * because to read a file must not run anything. Each command is a fixture with
 * a time limit, so it leaves nothing.
 *
 * What does not belong here: how a file names them (up/files).
 */
#ifndef JIG_UP_LOAD_ENVIRONMENT_COMMANDS_H
#define JIG_UP_LOAD_ENVIRONMENT_COMMANDS_H

#include "cli/command/up_options.h"
#include "up/project/project.h"

/**
 * Run the commands of a project, and add their variables to its environment. A
 * command that fails leaves its variable unset, and its failure is printed.
 *
 * @jig     the jig program.
 * @return  0; -EPERM with the reason: there are some, and none is allowed.
 */
int environment_commands_run(const struct up_settings *settings,
			     const char *jig, struct project *project,
			     struct fault *fault);

#endif
