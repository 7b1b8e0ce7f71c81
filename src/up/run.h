/* SPDX-License-Identifier: MIT */
/*
 * `jig up` as a whole: set up engine, output and control, run the loop, and
 * close all.
 *
 * Invariant: engine and control do not call this file.
 *
 * What does not belong here: decisions about instances (up/engine).
 */
#ifndef JIG_UP_RUN_H
#define JIG_UP_RUN_H

#include "up/engine/up.h"

/**
 * Run a project until its end.
 *
 * @around    words of a command, NULL-terminated, or NULL.
 * @background  gets the result of the start; NULL: in the foreground.
 * @ret_signal  the signal of a status 128 + n; 0: none. May be NULL.
 * @return    the exit status; or -errno with the reason: nothing has started.
 */
int up_run(const struct up_settings *settings, struct project *project,
	   const char *jig, char **around, struct background *background,
	   int *ret_signal, struct fault *fault);

#endif
