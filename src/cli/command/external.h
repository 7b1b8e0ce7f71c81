/* SPDX-License-Identifier: MIT */
/*
 * Commands in a program of their own, as in git: they need libraries that the
 * static `jig` does not have. `jig-up` is the only one.
 */
#ifndef JIG_CLI_COMMAND_EXTERNAL_H
#define JIG_CLI_COMMAND_EXTERNAL_H

#include "cli/command/command.h"

/**
 * Execute `jig-up`: from the directory of our own program, or from libexec/jig
 * beside it; else from where it was installed, else from PATH. Its arguments:
 * the path of our program, then the words of the command.
 *
 * @return  only on an error, after a message: EXIT_JIG or EXIT_NOT_FOUND.
 */
int external_run(const struct command *command, int argc, char **argv);

/**
 * Whether the working directory has a project: a Procfile, jig.yaml or
 * process-compose.yaml. Not compose.yaml, which mostly belongs to Docker.
 */
bool external_has_project(void);

#endif
