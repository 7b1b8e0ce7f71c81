/* SPDX-License-Identifier: MIT */
/*
 * The characters that a terminal can show, by the environment. The static jig
 * sets no locale (an empty container has none), so this module reads the
 * variables, with the precedence of POSIX.
 */
#ifndef JIG_TTY_CHARSET_H
#define JIG_TTY_CHARSET_H

#include <stdbool.h>

/**
 * Whether the locale's character set is UTF-8. Pure.
 *
 * The first argument that is set and not empty decides: "de_DE.UTF-8",
 * "C.utf8". Any may be NULL.
 */
bool charset_is_utf8(const char *lc_all, const char *lc_ctype,
		     const char *lang);

#endif
