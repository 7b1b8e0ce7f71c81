/* SPDX-License-Identifier: MIT */
/*
 * Escape sequences of terminals (ECMA-48): colours, cursor moves, titles.
 *
 * What a person reads on a line is what stays when they are taken out.
 */
#ifndef JIG_BASE_TEXT_ANSI_H
#define JIG_BASE_TEXT_ANSI_H

#include <stddef.h>

/**
 * Take them out, in place: CSI ("\033[1m"), OSC and the other strings (up to
 * BEL or ST), and ESC with one character. One that the end cuts goes too.
 *
 * Pure. Other bytes stay as they are, NULs too.
 *
 * @return  the new length.
 */
size_t ansi_strip(char *text, size_t length);

#endif
