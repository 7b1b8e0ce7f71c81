/* SPDX-License-Identifier: MIT */
/*
 * A page of jig's own text, such as a command's help: headings, paragraphs and
 * pairs, wrapped at the width of the terminal.
 *
 * Invariant: a line is wider than the page only if one word is. The page is
 * printed unchanged: text from outside of jig does not belong in it.
 */
#ifndef JIG_TTY_PAGE_H
#define JIG_TTY_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct page {
	struct buffer text;
	size_t width; /* of a line */
	size_t column; /* at which the right sides of pairs begin */
	bool bold; /* headings */
	bool ascii; /* no character of UTF-8: "..." for "…" */
	int fd;
};

/** A name and what it means. */
struct page_pair {
	const char *left, *right;
};

/** Begin a page for @fd: 80 columns where no width is known. */
void page_open(struct page *page, int fd);

/** A blank line, and "NAME:", in bold type where that is wanted. */
void page_heading(struct page *page, const char *name);

/** Words, wrapped; a newline in @text ends a line. @indent  of each line. */
void page_text(struct page *page, size_t indent, const char *text);

/** @left, and in a column of its own @right, wrapped. */
void page_pair(struct page *page, const char *left, const char *right);

/** Pairs up to one whose left side is NULL; the longest left side determines
 * `column`. @pairs  may be NULL. */
void page_pairs(struct page *page, const struct page_pair *pairs);

/** Print it and free it. @return 0, or -errno after a message. */
int page_close(struct page *page);

#endif
