/* SPDX-License-Identifier: MIT */
/*
 * The owner of a listening socket: a process of the fixture, or a foreign one.
 *
 * Invariant: the answer is "ours" only if a member of the cage has a descriptor
 * of the socket, or if descriptors of members are hidden from us and no other
 * process is known to have one. "Foreign" is final, so two attempts in a row
 * must agree: until the second one, a child has got a descriptor that was
 * passed on.
 */
#ifndef JIG_CORE_PROBE_OWNERSHIP_H
#define JIG_CORE_PROBE_OWNERSHIP_H

#include "core/output/asking.h"
#include "core/probe/probe.h"
#include "net/endpoint.h"

struct ownership {
	unsigned looks;
	uint64_t suspect; /* the inode that looked foreign, 0: none */
	uint64_t ours; /* the inode that was the fixture's own, 0: none */
	bool elsewhere; /* main had a network namespace of its own */
	int64_t cost_us; /* of the last look, CPU time */
	struct asking asking; /* whether a socket's file is there */
};

/** Close it. Accepts a zeroed struct. */
void ownership_free(struct ownership *ownership);

/**
 * Find out which process listens at the endpoint.
 *
 * @ret     the listener that is ours; may be NULL.
 * @return  1 a process of ours; 0 not yet, see probe->reason; -EADDRINUSE a
 *          foreign one, which @fault names; -errno.
 */
int ownership_look(struct ownership *ownership, const struct endpoint *endpoint,
		   const struct probe_view *view, struct probe *probe,
		   struct listener *ret, struct fault *fault);

/**
 * The command has ended before it was ready: find a foreign process that holds
 * its port. Any address of the port counts, since a server that binds another
 * one may have failed because of it.
 *
 * @view    with main_ended.
 * @any     a foreign process may be meant (owner=any).
 * @return  0 none is known; -EADDRINUSE, and @fault names it; 1 the same with
 *          @any.
 */
int ownership_occupied(const struct ownership *ownership,
		       const struct endpoint *endpoint,
		       const struct probe_view *view, const char *text,
		       bool any, struct fault *fault);

/** The time until the next attempt, so that attempts take 1 % of a processor at
 * most. */
int64_t ownership_interval_us(const struct ownership *ownership);

/** The process whose /proc/PID/net shows the fixture's sockets: main, or, after
 * its end, the cage's reaper. */
pid_t ownership_eyes(const struct probe_view *view);

/**
 * The processes of the fixture as the caller numbers them, main first, whether
 * the caller is its guard or its supervisor.
 *
 * @ret  a list of struct proc_stat; list_free() it.
 */
int ownership_members(const struct probe_view *view, struct list *ret);

#endif
