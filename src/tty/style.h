/* SPDX-License-Identifier: MIT */
/*
 * How wide and in which style jig's text is shown on one of its descriptors.
 *
 * Invariant: what is not a terminal gets no control sequence. Options such as
 * --colour, which the user gives, do not belong here.
 */
#ifndef JIG_TTY_STYLE_H
#define JIG_TTY_STYLE_H

#include <stdbool.h>
#include <stddef.h>

/** Columns, by the variable COLUMNS or the terminal; 0: no limit is known. */
size_t style_width(int fd);

/** Whether to use colours and bold type: on a terminal that can (TERM), unless
 * NO_COLOR is set and not empty (https://no-color.org). */
bool style_is_coloured(int fd);

#endif
