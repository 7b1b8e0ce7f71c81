/* SPDX-License-Identifier: MIT */
/*
 * Which characters a terminal can show, by what the environment says. The
 * static jig sets no locale (there is none in an empty container), so the
 * variables are read here, in the order of POSIX.
 */
#ifndef JIG_TTY_CHARSET_H
#define JIG_TTY_CHARSET_H

#include <stdbool.h>

/**
 * Whether the locale's characters are UTF-8. Pure.
 *
 * The first of these that is set and not empty says so: "de_DE.UTF-8",
 * "C.utf8". Any may be NULL.
 */
bool charset_is_utf8(const char *lc_all, const char *lc_ctype,
		     const char *lang);

#endif
