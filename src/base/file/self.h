/* SPDX-License-Identifier: MIT */
/* The program that we are. */
#ifndef JIG_BASE_FILE_SELF_H
#define JIG_BASE_FILE_SELF_H

/**
 * A path that executes this program again: /proc/self/exe, which is right even
 * when the file has been moved; without /proc the path that we were executed
 * by.
 */
const char *self_program(void);

#endif
