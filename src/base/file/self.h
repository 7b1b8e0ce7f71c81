/* SPDX-License-Identifier: MIT */
/* The program that we are, and the one that the library starts. */
#ifndef JIG_BASE_FILE_SELF_H
#define JIG_BASE_FILE_SELF_H

#include <stddef.h>
#include <unistd.h>

/**
 * A path that executes this program again: /proc/self/exe, which is right even
 * when the file has been moved; without /proc the path that we were executed
 * by.
 */
const char *self_program(void);

/** The path that `jig` is installed at, if a program is there and this is the
 * library, which the build tells the path; else NULL. */
static inline const char *self_installed(void)
{
#ifdef JIG_INSTALLED_PROGRAM
	if (access(JIG_INSTALLED_PROGRAM, X_OK) == 0)
		return JIG_INSTALLED_PROGRAM;
#endif
	return NULL;
}

#endif
