/* SPDX-License-Identifier: MIT */
/*
 * Descent: whether a pinned process is below one that is known for certain.
 *
 * A number that was listed as a child may be another process's by the time its
 * files are read. So a pinned process is asked itself: who is your parent, and
 * who is the parent of that one, up to a known ancestor. Numbers on the way are
 * not pinned, so the chain is read twice, upwards and then downwards. A process
 * never returns to a parent that it has lost: if it names the same parent in
 * both readings, that parent was the same process all the time between, and
 * what was read of it there was read of the right one.
 *
 * Invariant: 1 is only said of a process whose whole chain was read twice with
 * the same result, or ends at a process that is pinned and was confirmed before.
 */
#ifndef JIG_PROC_DESCENT_H
#define JIG_PROC_DESCENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "proc/stat.h"

struct descent_kept;

/** Zeroed but for procfd, and root or is_known. */
struct descent {
	int procfd;
	/** An ancestor whose number cannot be another's: the caller itself, or
	 * an unreaped child of the caller; 0: none. */
	pid_t root;
	/** Whether this is a known ancestor; may be NULL. */
	bool (*is_known)(const struct proc_stat *stat, const void *context);
	const void *context;
	struct descent_kept *kept; /* parents that are confirmed and pinned */
};

/**
 * Ask whether a process descends from a known one.
 *
 * Confirmed parents stay pinned until descent_close(), so that a deep tree,
 * asked from the top, costs one step for each process.
 *
 * @now  the process, read while the caller had it pinned.
 * @return  1 it does; 0 it does not, or has ended; -EAGAIN its chain changed
 *          each time it was read: ask again later; -errno.
 */
int descent_confirm(struct descent *descent, const struct proc_stat *now);

/** Let go of what is pinned. Accepts a zeroed one. */
void descent_close(struct descent *descent);

#endif
