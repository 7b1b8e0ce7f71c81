/* SPDX-License-Identifier: MIT */
/*
 * `jig up` as a whole: set up engine, output and control, run the loop, stop.
 *
 * Above engine and control, which do not know it.
 */
#ifndef JIG_UP_RUN_H
#define JIG_UP_RUN_H

#include "up/engine/up.h"

/**
 * Run a project until its end.
 *
 * @around    words of a command, NULL-terminated, or NULL.
 * @background  gets the result of the start; NULL: in the foreground.
 * @ret_signal  the signal that the status 128 + n stands for, 0: none; or NULL.
 * @return    the exit status; or -errno with the reason when nothing started.
 */
int up_run(const struct up_settings *settings, struct project *project,
	   const char *jig, char **around, struct background *background,
	   int *ret_signal, struct fault *fault);

#endif
