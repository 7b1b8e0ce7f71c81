// SPDX-License-Identifier: MIT
#include "proc/pids.h"

int pids_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}
