/* SPDX-License-Identifier: MIT */
/*
 * What the commands to a running `jig up` share: the check of their words, and
 * the request.
 *
 * Invariant: the words reach `jig up` unchanged, and in their order. Namespaces
 * stand behind them.
 *
 * What does not belong here: the socket (up/control/client.h).
 */
#ifndef JIG_UP_WORDS_H
#define JIG_UP_WORDS_H

#include "up/commands.h"

/** Send the command's name, all of its words, and its namespaces (-n). @return
 * the exit status. */
int words_ask(const struct request *request, const char *name, bool all);

/** Whether a command has from @least to @most words; if not, complain. */
bool words_are(const struct request *request, const struct command *command,
	       int least, int most);

#endif
