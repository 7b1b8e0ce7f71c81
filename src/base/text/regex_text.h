/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions as users of Python and PCRE write them, for regcomp(3).
 *
 * The library runs on glibc and the command on musl, whose regcomp(3) agree on
 * POSIX extended expressions and differ in the rest. So an expression is
 * translated to what both support. Anything else is an error that names the
 * place.
 *
 * Known: (?P<name>…), (?<name>…), (?:…), (?i) at the start; \d \w \s \D \W \S,
 * in brackets too; \b \B \A \Z \z; \n \t \r \f \v \a \e \xHH; {,n}. Not known:
 * lookaround, non-greedy and possessive repetition, backreferences.
 *
 * Expressions match bytes: `.` is one byte of a UTF-8 sequence.
 */
#ifndef JIG_BASE_TEXT_REGEX_TEXT_H
#define JIG_BASE_TEXT_REGEX_TEXT_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/list.h"

#define REGEX_GROUPS 32 /* that the user can number */
#define REGEX_NAME 32

struct regex_group {
	unsigned number; /* in the translated expression */
	char name[REGEX_NAME]; /* "" without one */
};

struct regex_text {
	struct buffer pattern; /* for regcomp(…, REG_EXTENDED) */
	bool ignore_case; /* REG_ICASE */
	unsigned group_count; /* [i] is the user's group i + 1 */
	struct regex_group groups[REGEX_GROUPS];
};

/**
 * Translate. Pure.
 *
 * @ret     regex_text_free() it.
 * @return  0, -ENOMEM, or -EINVAL with the reason in @fault: what is wrong, and
 *          at which character.
 */
int regex_translate(const char *text, struct regex_text *ret,
		    struct fault *fault);

/** Accepts a zeroed one. */
void regex_text_free(struct regex_text *text);

#endif
