/* SPDX-License-Identifier: MIT */
/*
 * Lines from standard input, as they come.
 *
 * Invariant: no call blocks, and memory is bounded: a line that is longer than
 * the limit is skipped to its end, and reported once.
 *
 * What a line means does not belong here.
 */
#ifndef JIG_AGENT_WIRE_LINES_H
#define JIG_AGENT_WIRE_LINES_H

#include <stdbool.h>

#include "base/list.h"

/** Limit of a line, in bytes, without its newline. */
#define LINES_MAX (1024UL * 1024)

struct lines {
	int fd; /* to read from and to poll; -1: closed */
	bool is_socket;
	bool skips; /* the rest of a line that is too long */
	bool has_ended; /* no more bytes will come */
	struct buffer text; /* from `taken` on: not yet given out */
	size_t taken;
	size_t searched; /* no newline before this place */
};

#define LINES_NONE ((struct lines){ .fd = -1 })

/** Read from the file of @fd, which stays the caller's. @return 0, -errno. */
int lines_open(int fd, struct lines *ret);
void lines_close(struct lines *lines);

/** Read some bytes. After an error, or at the end, has_ended is set. */
void lines_read(struct lines *lines);

/**
 * Take the next line, without its newline and with a NUL behind it; it may be
 * changed, and is valid until the next call. The last line needs no newline.
 *
 * @return  1; 0: there is none so far; -E2BIG: one was too long.
 */
int lines_next(struct lines *lines, char **ret, size_t *ret_size);

/**
 * Take bytes as they are, which are no lines; valid until the next call.
 * @return  how many: @most, or fewer that are there so far.
 */
size_t lines_next_bytes(struct lines *lines, size_t most, const char **ret);

#endif
