/* SPDX-License-Identifier: MIT */
/*
 * Descent: whether a pinned process descends from a known process.
 *
 * The kernel may reuse the pid of a listed child before its files are read. So
 * the parent of the pinned process is read, and the parent of that parent, up
 * to a known ancestor. The parents are not pinned, so the chain is read twice,
 * upwards and then downwards. A process never returns to a parent that it has
 * lost. So if both reads show the same parent, that parent was the same process
 * all the time between, and its data were read from the right process.
 *
 * Invariant: the answer is 1 only if the whole chain was read twice with the
 * same result, or ends at a pinned process that was confirmed before.
 */
#ifndef JIG_PROC_DESCENT_H
#define JIG_PROC_DESCENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "proc/stat.h"

struct descent_parent;

/** Zeroed, except for procfd, and root or is_known. */
struct descent {
	int procfd;
	/** An ancestor whose pid cannot be reused: the caller itself, or an
	 * unreaped child of the caller; 0: none. */
	pid_t root;
	/** Whether this is a known ancestor; may be NULL. */
	bool (*is_known)(const struct proc_stat *stat, const void *context);
	const void *context;
	struct descent_parent *parents; /* confirmed and pinned parents */
};

/**
 * Find out whether a process descends from a known one.
 *
 * Confirmed parents stay pinned until descent_close(), so a deep tree costs one
 * step for each process if the caller begins at the top.
 *
 * @now  the process, read while the caller had it pinned.
 * @return  1 it does; 0 it does not, or has ended; -EAGAIN the chain changed at
 *          each read: try again later; or -errno.
 */
int descent_confirm(struct descent *descent, const struct proc_stat *now);

/** Release the pinned parents. Accepts a zeroed struct. */
void descent_close(struct descent *descent);

#endif
