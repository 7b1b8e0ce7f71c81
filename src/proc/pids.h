/* SPDX-License-Identifier: MIT */
/*
 * Pids in order: a sorted list of them, and an index of processes by pid.
 *
 * Invariant: pure; both are sorted by number, and found by bsearch(3). Not
 * here: data of the processes (proc/stat.h, proc/procfs.h).
 */
#ifndef JIG_PROC_PIDS_H
#define JIG_PROC_PIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/list.h"

/** Compare two pid_t, as qsort(3) requires. */
int pids_compare(const void *a, const void *b);

/** Sort a list of pid_t. */
static inline void pids_sort(struct list *pids)
{
	if (pids->count > 0)
		qsort(pids->items, pids->count, sizeof(pid_t), pids_compare);
}

/** The place of @pid among the first @count of a sorted list; NULL: none. */
static inline const pid_t *pids_find(const struct list *pids, size_t count,
				     pid_t pid)
{
	return count == 0 ? NULL
			  : bsearch(&pid, pids->items, count, sizeof(pid),
				    pids_compare);
}

/** Where a process stands in a snapshot. */
struct pid_index {
	pid_t pid;
	uint32_t index;
};

_Static_assert(offsetof(struct pid_index, pid) == 0,
	       "pids_compare() compares the first member");

static inline void pid_index_sort(struct pid_index *order, size_t count)
{
	qsort(order, count, sizeof(*order), pids_compare);
}

/** @return  the entry of @pid in a sorted index, or NULL. */
static inline const struct pid_index *pid_index_find(
	const struct pid_index *order, size_t count, pid_t pid)
{
	return bsearch(&pid, order, count, sizeof(*order), pids_compare);
}

#endif
