/* SPDX-License-Identifier: MIT */
/*
 * The order of processes for a person: by session, then by process group (job),
 * then by pid; leaders first.
 */
#ifndef JIG_PROC_SESSION_ORDER_H
#define JIG_PROC_SESSION_ORDER_H

#include <sys/types.h>

struct session_place {
	pid_t sid, pgid, pid;
};

/* Whether @first is the number that leads, and @second is not. */
static inline int session_order_numbers(pid_t first, pid_t second, pid_t leader)
{
	if (first == second)
		return 0;
	if (first == leader || second == leader)
		return first == leader ? -1 : 1;
	return first < second ? -1 : 1;
}

/** @return  as qsort(3) requires. */
static inline int session_order(struct session_place a, struct session_place b)
{
	int order;

	if (a.sid != b.sid)
		return a.sid < b.sid ? -1 : 1;
	order = session_order_numbers(a.pgid, b.pgid, a.sid);
	return order ? order : session_order_numbers(a.pid, b.pid, a.pgid);
}

#endif
