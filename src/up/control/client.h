/* SPDX-License-Identifier: MIT */
/*
 * The commands to a running `jig up`: the client's side.
 *
 * Invariant: a client does not wait for ever for a `jig up` that hangs; it
 * prints its pid, and ends.
 *
 * What does not belong here: the meaning of the words (commands.c).
 */
#ifndef JIG_UP_CONTROL_CLIENT_H
#define JIG_UP_CONTROL_CLIENT_H

#include "cli/command/up_options.h"

/**
 * Send a command to each `jig up` of the project's file in turn. With @all send
 * it to all of them (`ps`, `down`, `logs` without a name), else only until one
 * of them has the names. If the settings say so (`ps --wait`), wait first until
 * their services are ready.
 *
 * @words   NULL-terminated: "restart", "web".
 * @return  an exit status. Their answers are written to stdout and stderr.
 */
int client_ask(const struct up_settings *settings, const char *const *words,
	       bool all);

#endif
