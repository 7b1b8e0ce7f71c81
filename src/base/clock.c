// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now = { 0 };

	/* Cannot fail: both clocks exist since Linux 2.6 and the pointer is
	 * ours. */
	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_add_us(int64_t a_us, int64_t b_us)
{
	int64_t sum;

	if (__builtin_add_overflow(a_us, b_us, &sum))
		return a_us < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

int64_t clock_in_us(int64_t us)
{
	return clock_add_us(clock_us(), us);
}

void clock_sleep_us(int64_t us)
{
	int64_t until = clock_in_us(us);
	const struct timespec time = { .tv_sec = until / 1000000,
				       .tv_nsec = until % 1000000 * 1000 };

	/* A time on the clock, so that signals do not prolong it. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
	       EINTR)
		;
}

int64_t clock_ms_us(int64_t ms)
{
	int64_t us;

	if (__builtin_mul_overflow(ms, 1000, &us))
		return ms < 0 ? INT64_MIN : INT64_MAX;
	return us;
}

int clock_poll_ms(int64_t deadline_us)
{
	if (deadline_us < 0)
		return -1;

	int64_t left = deadline_us - clock_us();

	if (left <= 0)
		return 0;
	left = left / 1000 + (left % 1000 != 0);
	return left > INT_MAX ? INT_MAX : (int)left;
}
