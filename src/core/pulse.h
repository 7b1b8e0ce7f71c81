/* SPDX-License-Identifier: MIT */
/*
 * The pulse: by when the supervisor will have done what it does next, in memory
 * that it shares with the guard.
 *
 * A supervisor that is stopped, traced or hangs in the kernel is alive, so no
 * end of file and no pidfd tells that it will never finish. But a time that it
 * has named itself passes. What the guard does then: guard_overdue.c.
 *
 * Invariant: the supervisor alone writes, the guard alone reads, and a time is
 * only ever replaced by a later one or by that of the next step.
 */
#ifndef JIG_CORE_PULSE_H
#define JIG_CORE_PULSE_H

#include <stdatomic.h>
#include <stdint.h>

struct pulse {
	/** On clock_us(): the end of the timeout, of a step of the stop, of the
	 * bound on SIGKILL; 0: it waits without any. */
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
