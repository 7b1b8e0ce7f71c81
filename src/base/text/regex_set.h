/* SPDX-License-Identifier: MIT */
/*
 * A set of bytes, for what stands in brackets in a regular expression.
 *
 * Invariant: NUL is in no set. What it writes means the same to every
 * regcomp(3) in the C locale.
 */
#ifndef JIG_BASE_TEXT_REGEX_SET_H
#define JIG_BASE_TEXT_REGEX_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct regex_set {
	uint64_t bits[4];
};

void regex_set_add(struct regex_set *set, unsigned char first,
		   unsigned char last);

/** Add what \d, \w, \s, \D, \W or \S stand for. @return false: none of them. */
bool regex_set_add_class(struct regex_set *set, char letter);

/** Add what [:name:] stands for, ASCII only. @return false: unknown. */
bool regex_set_add_posix(struct regex_set *set, const char *name,
			 size_t length);

bool regex_set_is_empty(const struct regex_set *set);

/** Append it as a bracket expression; the set is not empty. */
void regex_set_write(const struct regex_set *set, bool negated,
		     struct buffer *ret);

#endif
