/* SPDX-License-Identifier: MIT */
/*
 * A fault: why something could not be done, in words for a person.
 *
 * A negative errno says what class of thing went wrong; the text says what was
 * tried, on what, why it failed and what to do. Library code fills a fault and
 * returns the code; only the command line prints.
 *
 * Invariant: a text is one line that a terminal can show: controls in names
 * that it quotes have become '?' (text_clean()).
 */
#ifndef JIG_BASE_FAULT_H
#define JIG_BASE_FAULT_H

#include <errno.h>
#include <stdbool.h>

#define FAULT_SIZE 512

struct fault {
	char text[FAULT_SIZE];
};

/**
 * Write the text and return @code, so that callers can `return fault_set(…)`.
 *
 * @fault  may be NULL: then only the code is returned.
 */
int fault_set(struct fault *fault, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Whether this -errno means that we lack descriptors or memory ourselves. Then
 * it says nothing about the object of the call. */
static inline bool fault_is_shortage(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

#endif
