/* SPDX-License-Identifier: MIT */
/* What jig itself says, on stderr. */
#ifndef JIG_APP_SAY_H
#define JIG_APP_SAY_H

/** One line, "jig: " before it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
