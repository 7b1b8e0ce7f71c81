/* SPDX-License-Identifier: MIT */
/*
 * Values of options of `jig run` and of the commands that take these options:
 * durations, counts and words of an enum.
 *
 * Invariant: on an error the output is untouched, and the reason names the
 * option and the value. Values that only one option has (a signal, a user) do
 * not belong here.
 */
#ifndef JIG_CLI_RUN_OPTION_VALUE_H
#define JIG_CLI_RUN_OPTION_VALUE_H

#include <stdint.h>

#include "base/fault.h"
#include "base/text/words.h"

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted);

/** A duration of @least µs or more. @return 0 or -EINVAL with the reason. */
int option_time(const char *option, const char *value, int64_t least,
		int64_t *ret, struct fault *fault);

/** 1 to 1000000. @return 0 or -EINVAL with the reason. */
int option_count(const char *option, const char *value, unsigned *ret,
		 struct fault *fault);

/**
 * The enum value of a word.
 * @return it, or -EINVAL; the reason names the nearest right word.
 */
int option_word(const char *option, const char *value,
		const struct words *words, struct fault *fault);

#endif
