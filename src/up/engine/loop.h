/* SPDX-License-Identifier: MIT */
/*
 * Watches and alarms on a libuv loop, as values that are freed when we say so.
 *
 * libuv closes a handle in the next round of its loop; these are freed there,
 * so that their owner need not live that long.
 */
#ifndef JIG_UP_ENGINE_LOOP_H
#define JIG_UP_ENGINE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/** A descriptor, as long as it is looked at; the descriptor stays yours. */
struct watch;

/** @events  of UV_READABLE, UV_WRITABLE. @return NULL for want of memory. */
struct watch *watch_new(uv_loop_t *loop, int fd, int events,
			void (*call)(void *context), void *context);

/** Look for other events from now on; a descriptor has one watch at a time. */
void watch_set(struct watch *watch, int events);

/** Look at it, or do not, for now. NULL is allowed. */
void watch_enable(struct watch *watch, bool on);

/** Stop looking; to be called before the descriptor is closed. */
void watch_free(struct watch **watch);

/** One call at a time to come; zeroed, it is none. */
struct alarm {
	uv_timer_t *timer;
	void (*call)(void *context);
	void *context;
};

/** In @us microseconds, in place of an earlier one. @return 0 or -ENOMEM. */
int alarm_set(struct alarm *alarm, uv_loop_t *loop, int64_t us,
	      void (*call)(void *context), void *context);

bool alarm_is_set(const struct alarm *alarm);

/** No call any more; a zeroed alarm is allowed. */
void alarm_free(struct alarm *alarm);

#endif
