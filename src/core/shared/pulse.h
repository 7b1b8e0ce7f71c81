/* SPDX-License-Identifier: MIT */
/*
 * The pulse: the deadline of the supervisor's next step, in memory that it
 * shares with the guard.
 *
 * A supervisor that is stopped, traced or hangs in the kernel is alive, so
 * neither end of file nor a pidfd shows that it will not finish. A deadline
 * that has passed and processor time that does not grow show it. What the guard
 * does then: core/guard/overdue.c.
 *
 * Invariant: only the supervisor writes, only the guard reads. A deadline is
 * replaced only by a later one, or by the deadline of the next step.
 */
#ifndef JIG_CORE_SHARED_PULSE_H
#define JIG_CORE_SHARED_PULSE_H

#include <stdatomic.h>
#include <stdint.h>

struct pulse {
	/** By clock_us(): the end of the timeout, of a step of the stop, or of
	 * the bound on SIGKILL; 0: no deadline, as while the user has suspended
	 * the job before a stop. */
	_Atomic int64_t due_us;
};

static inline void pulse_set(struct pulse *pulse, int64_t due_us)
{
	atomic_store_explicit(&pulse->due_us, due_us, memory_order_relaxed);
}

static inline int64_t pulse_get(struct pulse *pulse)
{
	return atomic_load_explicit(&pulse->due_us, memory_order_relaxed);
}

#endif
