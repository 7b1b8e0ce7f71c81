/* SPDX-License-Identifier: MIT */
/*
 * Commands that are programs of their own, as git has them: they need libraries
 * that the static `jig` does not.
 */
#ifndef JIG_CLI_COMMAND_EXTERNAL_H
#define JIG_CLI_COMMAND_EXTERNAL_H

#include "cli/command/command.h"

/**
 * Execute `jig-up` in our place: beside our own program, else where it is
 * installed, else from PATH. It gets as its first argument which program we
 * are, then the command's words.
 *
 * @return  only when it could not: EXIT_JIG or EXIT_NOT_FOUND, said on stderr.
 */
int external_run(const struct command *command, int argc, char **argv);

/**
 * Whether we stand in a project's directory: a Procfile, or YAML that is ours,
 * is here. Not compose.yaml, which most often is another program's.
 */
bool external_has_project(void);

#endif
