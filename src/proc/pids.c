// SPDX-License-Identifier: MIT
#include "proc/pids.h"

#include <stddef.h>
#include <stdlib.h>

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

void pids_sort(struct list *pids)
{
	if (pids->count > 0)
		qsort(pids->items, pids->count, sizeof(pid_t), compare_pids);
}

const pid_t *pids_find(const struct list *pids, size_t count, pid_t pid)
{
	return count == 0 ? NULL
			  : bsearch(&pid, pids->items, count, sizeof(pid),
				    compare_pids);
}

_Static_assert(offsetof(struct pid_index, pid) == 0,
	       "an index is compared by its first member");

void pid_index_sort(struct pid_index *order, size_t count)
{
	qsort(order, count, sizeof(*order), compare_pids);
}

const struct pid_index *pid_index_find(const struct pid_index *order,
				       size_t count, pid_t pid)
{
	return bsearch(&pid, order, count, sizeof(*order), compare_pids);
}
