/* SPDX-License-Identifier: MIT */
/*
 * The words for an enum's values: one table for each enum, by which they are
 * parsed and printed.
 *
 * Invariant: a table has designated initialisers ([JIG_GROUP_JOB] = "job"), so
 * it does not depend on the order of the enum. A value without a word has NULL.
 *
 * Not here: messages about unknown words, which the callers have.
 */
#ifndef JIG_BASE_TEXT_WORDS_H
#define JIG_BASE_TEXT_WORDS_H

#include <stddef.h>

struct words {
	const char *const *table;
	size_t count;
};

/** Of an array of const char *. */
#define WORDS_OF(array)                                                        \
	{                                                                      \
		(array), sizeof(array) / sizeof((array)[0])                    \
	}

/** The value that @word stands for, or -EINVAL. */
int words_parse(const struct words *words, const char *word);

/** The word for @value; NULL: there is none. */
static inline const char *words_name(const struct words *words, size_t value)
{
	return value < words->count ? words->table[value] : NULL;
}

/** The word that @wrong was probably meant to be, or NULL. */
const char *words_nearest(const struct words *words, const char *wrong);

#endif
