/* SPDX-License-Identifier: MIT */
/*
 * Control sequences of terminals (ECMA-48): colours, cursor moves, titles.
 *
 * Without them a line has the text that a person reads.
 */
#ifndef JIG_BASE_TEXT_ANSI_H
#define JIG_BASE_TEXT_ANSI_H

#include <stddef.h>

/**
 * Remove them, in place: CSI ("\033[1m"), OSC and the other strings (up to BEL
 * or ST), and ESC with one character. A sequence that the end of the text cuts
 * is removed, too.
 *
 * Pure. Other bytes stay as they are, NULs too.
 *
 * @return  the new length.
 */
size_t ansi_strip(char *text, size_t length);

#endif
