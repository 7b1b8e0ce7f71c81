/* SPDX-License-Identifier: MIT */
/* The commands to a running `jig up`: the side that asks. */
#ifndef JIG_UP_CONTROL_CLIENT_H
#define JIG_UP_CONTROL_CLIENT_H

#include "cli/command/up_options.h"

/**
 * Ask every `jig up` of the project's file in turn: all of them for words that
 * concern all (`ps`, `down`, `logs` without a name), else until one knows the
 * names.
 *
 * @words   NULL-terminated: "restart", "web".
 * @return  an exit status; what they answered stands on stdout and stderr.
 */
int client_ask(const struct up_settings *settings, const char *const *words,
	       bool all);

#endif
