/* SPDX-License-Identifier: MIT */
/*
 * Texts from other programs on a terminal, such as names of processes, and
 * their width there.
 *
 * Invariant: a text added here cannot move the cursor or change the direction
 * of writing: each control (text_is_control()) and each byte that is not UTF-8
 * becomes '?'.
 */
#ifndef JIG_VIEW_PRINTABLE_H
#define JIG_VIEW_PRINTABLE_H

#include <stddef.h>

#include "base/list.h"

/**
 * Add as much of a text as fits into @limit columns.
 *
 * @text  @length bytes.
 * @return  columns used.
 */
size_t printable_add(struct buffer *buffer, const char *text, size_t length,
		     size_t limit);

/**
 * The same for arguments, as in ps(1): the NUL behind an argument, and a
 * newline, become spaces.
 */
size_t printable_add_arguments(struct buffer *buffer, const char *text,
			       size_t length, size_t limit);

/** Number of bytes of a printable text that fit into @limit columns. */
size_t printable_cut(const char *text, size_t length, size_t limit);

#endif
