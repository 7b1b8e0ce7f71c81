/* SPDX-License-Identifier: MIT */
/*
 * Pids in order: a sorted list of them, and an index of processes by pid.
 *
 * Invariant: pure; both are sorted by number, and found by bsearch(3). What the
 * processes are does not belong here (proc/stat.h, proc/procfs.h).
 */
#ifndef JIG_PROC_PIDS_H
#define JIG_PROC_PIDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"

/** Sort a list of pid_t. */
void pids_sort(struct list *pids);

/** The place of @pid among the first @count of a sorted list; NULL: none. */
const pid_t *pids_find(const struct list *pids, size_t count, pid_t pid);

/** Where a process stands in a snapshot. */
struct pid_index {
	pid_t pid;
	uint32_t index;
};

void pid_index_sort(struct pid_index *order, size_t count);

/** @return  the entry of @pid in a sorted index, or NULL. */
const struct pid_index *pid_index_find(const struct pid_index *order,
				       size_t count, pid_t pid);

#endif
