/* SPDX-License-Identifier: MIT */
/*
 * The run clock: clock_us() without the time for which the user had suspended
 * the job. Timeouts, readiness and liveness use it. It is in memory that
 * supervisor and guard share, so that both stop and continue at the same time.
 *
 * Invariant: only the supervisor writes, and it writes one word. The time never
 * goes back.
 */
#ifndef JIG_CORE_SHARED_RUN_CLOCK_H
#define JIG_CORE_SHARED_RUN_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct run_clock {
	/** Not negative: the clock runs, so many microseconds behind
	 * clock_us(). Negative: it stands at the complement (~) of this. */
	_Atomic int64_t word;
};

static inline bool run_clock_stands(const struct run_clock *clock)
{
	return atomic_load(&clock->word) < 0;
}

/** The run clock's time at @at_us of clock_us(). */
static inline int64_t run_clock_us(const struct run_clock *clock, int64_t at_us)
{
	int64_t word = atomic_load(&clock->word);

	return word < 0 ? ~word : at_us - word;
}

/** When the run clock will show @at_us, on clock_us(); -1: never, because
 * @at_us is negative, or the clock stands. */
static inline int64_t run_clock_due_us(const struct run_clock *clock,
				       int64_t at_us)
{
	int64_t word = atomic_load(&clock->word);

	return word < 0 || at_us < 0 ? -1 : clock_add_us(at_us, word);
}

/** @return whether it was running. */
static inline bool run_clock_stop(struct run_clock *clock)
{
	if (run_clock_stands(clock))
		return false;
	atomic_store(&clock->word, ~run_clock_us(clock, clock_us()));
	return true;
}

/** @return whether it was standing. */
static inline bool run_clock_go_on(struct run_clock *clock)
{
	int64_t word = atomic_load(&clock->word);

	if (word >= 0)
		return false;
	atomic_store(&clock->word, clock_us() - ~word);
	return true;
}

#endif
