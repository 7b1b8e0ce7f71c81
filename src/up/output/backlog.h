/* SPDX-License-Identifier: MIT */
/*
 * The last lines of one instance, in a ring of bytes with a limit. The oldest
 * lines are removed first, as whole lines.
 *
 * Invariant: each entry has a head (a number that grows with each line of all
 * backlogs, and a size) and its text. So the lines of several backlogs can be
 * sorted into the order of their arrival.
 *
 * What does not belong here: names, prefixes and colours (past.c).
 */
#ifndef JIG_UP_OUTPUT_BACKLOG_H
#define JIG_UP_OUTPUT_BACKLOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/list.h"

struct backlog {
	char *ring;
	size_t room; /* grows up to bound */
	size_t first; /* where the oldest entry begins */
	size_t used;
	size_t bound;
};

/** The first line allocates memory. A zeroed backlog has no room for lines. */
#define BACKLOG(bytes) ((struct backlog){ .bound = (bytes) })

void backlog_free(struct backlog *backlog);

/**
 * Append a line in pieces. A line above the bound is dropped, and so is one for
 * which memory is short.
 */
void backlog_add(struct backlog *backlog, uint64_t number,
		 const struct iovec *pieces, size_t count);

/** Remove the oldest line. The backlog must not be empty. */
void backlog_drop(struct backlog *backlog);

/** A line of one of several backlogs. */
struct backlog_line {
	uint64_t number;
	const struct backlog *in;
	size_t offset; /* of its text, from the ring's beginning */
	size_t size;
};

/** Append a struct backlog_line of each, oldest first. @return 0, -ENOMEM. */
int backlog_lines(const struct backlog *backlog, struct list *ret);

/** Append the last @lines (0: all) of a list to @ret. Sorts the list by number.
 */
void backlog_print(struct list *list, unsigned lines, struct buffer *ret);

#endif
