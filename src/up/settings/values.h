/* SPDX-License-Identifier: MIT */
/*
 * The settings of other tools, one row each. For this folder only.
 *
 *   defaults.c   where the values are found
 *   values.c     what each of them sets
 *   foreman.c    the file .foreman
 *
 * Invariant: a setting that the command line has set stays.
 *
 * What does not belong here: how a file is found (defaults.c).
 */
#ifndef JIG_UP_SETTINGS_VALUES_H
#define JIG_UP_SETTINGS_VALUES_H

#include "cli/command/up_options.h"

struct default_setting {
	const char *name; /* NULL at the end of the table */
	bool is_project; /* it says which project is meant */
	/** @value  lives as long as the settings.
	 * @return  1: taken; 0: the command line has set it; -EINVAL: no such
	 *          value; -ENOMEM. */
	int (*take)(struct up_settings *settings, const char *value);
};

/** "PORT" of OVERMIND_PORT and HIVEMIND_PORT, in the order of their use. */
extern const struct default_setting defaults_of_minds[];
/** "port" of .foreman. */
extern const struct default_setting defaults_of_foreman[];

/** PROCFILE of .env; it begins at the directory of -d. As `take`. */
int default_procfile(struct up_settings *settings, const char *value);

/** A text that lives as long as the settings; NULL if memory is short. */
const char *defaults_print(struct up_settings *settings, const char *format,
			   ...) __attribute__((format(printf, 2, 3)));

/**
 * Read .foreman of the working directory.
 * @ret     of char *: "key=value", list_free_texts() it; empty: there is none.
 * @return  0; -EINVAL with "FILE:LINE: …"; -errno.
 */
int defaults_read_foreman(struct list *ret, struct fault *fault);

#endif
