/* SPDX-License-Identifier: MIT */
/*
 * Texts of strangers on a terminal: what a process is called, and how wide it
 * is there.
 *
 * Invariant: nothing that is added here moves a cursor or turns the direction
 * of writing: controls (text_is_control()) and bytes that are not UTF-8 become
 * '?', one each.
 */
#ifndef JIG_VIEW_PRINTABLE_H
#define JIG_VIEW_PRINTABLE_H

#include <stddef.h>

#include "base/list.h"

/**
 * Add what fits of a text into @limit columns.
 *
 * @text  @length bytes.
 * @return  how many columns it takes.
 */
size_t printable_add(struct buffer *buffer, const char *text, size_t length,
		     size_t limit);

/**
 * The same of arguments, as ps(1) shows them: what ends one is a blank, and a
 * newline is, too.
 */
size_t printable_add_arguments(struct buffer *buffer, const char *text,
			       size_t length, size_t limit);

/** How many bytes of a printable text fit into @limit columns. */
size_t printable_cut(const char *text, size_t length, size_t limit);

#endif
