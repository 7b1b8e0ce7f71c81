/* SPDX-License-Identifier: MIT */
/*
 * Parts of a value that match a pattern, or are a text.
 *
 * Invariant: pure functions. The time of a match is the product of both
 * lengths, whatever the pattern is.
 *
 * What does not belong here: the syntax of ${…} (variable.c).
 */
#ifndef JIG_UP_FILES_EXPAND_PATTERN_H
#define JIG_UP_FILES_EXPAND_PATTERN_H

#include <stdbool.h>

#include "base/list.h"

struct pattern_place {
	bool at_end, longest; /* "%" or "#", and "%%" or "##" */
};

/** Remove what matches a pattern. @return 0; -ERANGE: the value is too long. */
int pattern_trim(const char *value, const char *pattern,
		 struct pattern_place where, const char **ret_start,
		 const char **ret_end);

/** Replace a text. @where  '/': everywhere; '#': at the start; '%': at the end;
 * else the first one. */
void pattern_replace(const char *value, const char *from, const char *to,
		     char where, struct buffer *ret);

#endif
