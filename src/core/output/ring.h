/* SPDX-License-Identifier: MIT */
/*
 * The last bytes of a stream, in memory that writer and reader share.
 *
 * One process writes and never waits; another reads whenever it likes, also
 * after the writer has died. Bytes that are overwritten during a read are left
 * out of the copy.
 */
#ifndef JIG_CORE_OUTPUT_RING_H
#define JIG_CORE_OUTPUT_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/** The size for jig_command.ring_size = 0. */
#define RING_SIZE (256UL * 1024)
#define RING_SIZE_MAX (1024UL * 1024 * 1024)

struct ring;

/**
 * A new ring of @size bytes.
 * @ret_fd  a memfd for ring_attach(); the caller closes it.
 * @return  0 or -errno.
 */
int ring_create(size_t size, struct ring **ret, int *ret_fd);

/** Map another process's ring to read it. @return 0, -EINVAL (no ring), or
 * -errno. */
int ring_attach(int fd, struct ring **ret);

/** Unmap. Accepts NULL. */
void ring_close(struct ring *ring);

void ring_write(struct ring *ring, const void *data, size_t size);

/** Count bytes that were to go to another destination as well, and did not. */
void ring_lose(struct ring *ring, size_t size);

/**
 * For the process that writes it: copy bytes of the stream.
 * @from  the first, counted from the stream's beginning; raised to the first
 *        that is kept.
 * @return  how many; 0 at the stream's end.
 */
size_t ring_copy(const struct ring *ring, uint64_t *from, char *to,
		 size_t size);

/** The number of bytes that were written in all; of those that were lost. */
uint64_t ring_total(const struct ring *ring);
uint64_t ring_lost(const struct ring *ring);

/**
 * Append a copy of the last lines.
 * @lines  at most so many; 0: all that is kept.
 * @return 0 or -ENOMEM.
 */
int ring_tail(const struct ring *ring, unsigned lines, struct buffer *ret);

#endif
