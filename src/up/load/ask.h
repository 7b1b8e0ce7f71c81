/* SPDX-License-Identifier: MIT */
/*
 * What another program knows: its output, while files are read.
 *
 * What does not belong here: services (up/engine).
 */
#ifndef JIG_UP_LOAD_ASK_H
#define JIG_UP_LOAD_ASK_H

#include <jig.h>

#include "base/fault.h"

/**
 * Run a command in a cage of its own until it ends.
 * @jig      the jig program.
 * @command  its words, and what else it needs (directory, environment, time
 *           limit); the rest is set here.
 * @ret      what it has printed, or NULL; free(3) it.
 * @return   its exit status; or -errno with the reason.
 */
int ask_program(const char *jig, struct jig_command *command, char **ret,
		struct fault *fault);

#endif
