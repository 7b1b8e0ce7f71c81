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

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted);

/** A duration of @least µs or more. @return 0 or -EINVAL with the reason. */
int option_time(const char *option, const char *value, int64_t least,
		int64_t *ret, struct fault *fault);

/** 1 to 1000000. @return 0 or -EINVAL with the reason. */
int option_count(const char *option, const char *value, unsigned *ret,
		 struct fault *fault);

/** The words of an enum: words[i] stands for the value i. */
struct option_words {
	const char *const *words; /* none is NULL */
	size_t count;
};

#define OPTION_WORDS(table)                                                    \
	(&(struct option_words){ (table), sizeof(table) / sizeof(*(table)) })

/**
 * The enum value that a word stands for.
 * @return it, or -EINVAL; the reason names the nearest right word.
 */
int option_word(const char *option, const char *value,
		const struct option_words *all, struct fault *fault);

/**
 * The error of a word that is not known.
 * @next, @table  as for text_nearest(): the right words.
 * @return -EINVAL; the reason names the nearest right word.
 */
int option_unknown(const char *option, const char *value,
		   const char *(*next)(size_t index, const void *table),
		   const void *table, struct fault *fault);

#endif
