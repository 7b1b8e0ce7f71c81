/* SPDX-License-Identifier: MIT */
/*
 * What every fuzz target needs: the bytes as a text that ends, in memory of
 * just that size, so that a sanitizer sees each byte read too many.
 */
#ifndef JIG_TESTS_FUZZ_H
#define JIG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A copy with a NUL behind it; free() it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/** What must hold for every input. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			abort();                                               \
	} while (0)

#endif
