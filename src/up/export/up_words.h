/* SPDX-License-Identifier: MIT */
/*
 * The options of `jig export` as those of `jig up`, for an engine that runs
 * this itself (slurm).
 *
 * What does not belong here: the files of an engine (up/export).
 */
#ifndef JIG_UP_EXPORT_UP_WORDS_H
#define JIG_UP_EXPORT_UP_WORDS_H

#include "cli/command/up_options.h"
#include "up/project/project.h"

/** @words  of char *: free each. @return 0, -ENOMEM, or what realpath(3) says.
 */
int up_export_words(const struct up_settings *settings,
		    const struct project *project, struct list *words);

#endif
