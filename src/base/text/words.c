// SPDX-License-Identifier: MIT
#include "base/text/words.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

int words_parse(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->table[i] && strcmp(words->table[i], word) == 0)
			return (int)i;
	return -EINVAL;
}

/* The word at @index, not counting gaps. */
static const char *word_at(size_t index, const void *table)
{
	const struct words *words = table;

	for (size_t i = 0; i < words->count; i++)
		if (words->table[i] && index-- == 0)
			return words->table[i];
	return NULL;
}

const char *words_nearest(const struct words *words, const char *wrong)
{
	return text_nearest(wrong, word_at, words);
}
