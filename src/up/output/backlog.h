/* SPDX-License-Identifier: MIT */
/*
 * The last lines of one instance: a ring of bytes that never holds more than
 * its bound. The oldest lines go first, and whole.
 *
 * Invariant: entries stand one behind the other, each a head (a number that
 * grows by the line over all backlogs, and a size) and its text; so several
 * backlogs can be merged into the order in which their lines came.
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

/** Memory comes with the first line. A zeroed one keeps nothing. */
#define BACKLOG(bytes) ((struct backlog){ .bound = (bytes) })

void backlog_free(struct backlog *backlog);

/**
 * Append a line in pieces. One that is larger than the bound is not kept, nor
 * is one for which there is no memory.
 */
void backlog_add(struct backlog *backlog, uint64_t number,
		 const struct iovec *pieces, size_t count);

/** Forget the oldest line. Not for an empty one. */
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

/** Append the last @lines (0: all) of a list, by number. Sorts the list. */
void backlog_print(struct list *list, unsigned lines, struct buffer *ret);

#endif
