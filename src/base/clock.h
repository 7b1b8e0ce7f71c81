/* SPDX-License-Identifier: MIT */
/* The monotonic clock, in whole microseconds and milliseconds. */
#ifndef JIG_BASE_CLOCK_H
#define JIG_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

/** Microseconds since an arbitrary point (CLOCK_MONOTONIC). */
int64_t clock_us(void);

/** Microseconds since 1970 (CLOCK_REALTIME), for reports only. */
int64_t clock_wall_us(void);

/**
 * A sum of two times or durations; INT64_MAX, which is "never", where it would
 * not fit. Nothing else may be added to a time: a check greps for it.
 */
int64_t clock_add_us(int64_t a_us, int64_t b_us);

/** So much after now. */
int64_t clock_in_us(int64_t us);

/** Sleep for @us, also if signals arrive. */
void clock_sleep_us(int64_t us);

/** The earlier of two times on clock_us(); negative ones are "never". */
static inline int64_t clock_sooner(int64_t a_us, int64_t b_us)
{
	if (a_us < 0 || b_us < 0)
		return a_us < 0 ? b_us : a_us;
	return a_us < b_us ? a_us : b_us;
}

/** Milliseconds as microseconds; saturates. */
int64_t clock_ms_us(int64_t ms);

/** A struct timeval, as getrusage(2) fills it, in microseconds. */
static inline int64_t clock_timeval_us(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

/**
 * What to hand to poll(2) so that it returns at @deadline_us.
 *
 * @deadline_us  on clock_us(); negative means "no deadline".
 * @return  milliseconds, rounded up so that poll never returns early; 0 when
 *          the deadline has passed; -1 for no deadline.
 */
int clock_poll_ms(int64_t deadline_us);

#endif
