/* SPDX-License-Identifier: MIT */
/*
 * The state of regex_translate(), and the part of it that reads one character:
 * an escaped one, or a set in brackets. Only regex_text.c calls this.
 */
#ifndef JIG_BASE_TEXT_REGEX_READER_H
#define JIG_BASE_TEXT_REGEX_READER_H

#include <stdbool.h>

#include "base/text/regex_text.h"

struct regex_reader {
	const char *text;
	const char *next;
	struct regex_text *ret;
	struct fault *fault;
	unsigned depth; /* of open parentheses */
	unsigned number; /* of groups in what we write */
	bool can_repeat; /* the last thing may be followed by * and the like */
};

/** @return -EINVAL, with the reason and the place in reader->fault. */
__attribute__((format(printf, 2, 3))) int regex_wrong(
	struct regex_reader *reader, const char *format, ...);

/**
 * Read \n, \xHH and the like, and escaped punctuation; reader->next stands
 * behind the backslash and is moved on.
 * @return  the byte, or -EINVAL.
 */
int regex_escaped_byte(struct regex_reader *reader);

/** Read a set in brackets, and write it. @return 0 or -EINVAL. */
int regex_read_bracket(struct regex_reader *reader);

#endif
