/* SPDX-License-Identifier: MIT */
/* The program that we are, and the one that the library starts. */
#ifndef JIG_BASE_SELF_H
#define JIG_BASE_SELF_H

/**
 * A path that executes this program again: /proc/self/exe, which is right even
 * when the file has been moved; without /proc the path that we were executed
 * by.
 */
const char *self_program(void);

/** The path that `jig` is installed at, if a program is there and this is the
 * library, which the build tells the path; else NULL. */
const char *self_installed(void);

#endif
