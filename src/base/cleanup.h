/* SPDX-License-Identifier: MIT */
/*
 * Cleanup attributes: a resource is released by the scope that owns it.
 *
 * Invariant: every CLEANUP_* destructor accepts the empty value (-1, NULL), so
 * that `take_*` can hand the resource on without a special case.
 *
 * Not here: destructors of one module's types, which stand beside the type.
 */
#ifndef JIG_BASE_CLEANUP_H
#define JIG_BASE_CLEANUP_H

#include <stdlib.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define CLEANUP_CLOSE CLEANUP(cleanup_close)
#define CLEANUP_FREE CLEANUP(cleanup_free)

/** Close *fd unless it is negative; errno is kept. */
void cleanup_close(int *fd);

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/** Hand the descriptor on: the caller owns the result, *fd becomes -1. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
