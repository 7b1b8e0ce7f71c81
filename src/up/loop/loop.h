/* SPDX-License-Identifier: MIT */
/*
 * Watches and alarms on a libuv loop.
 *
 * libuv closes a handle in the next round of its loop. Invariant: the memory of
 * a handle is its own and is freed in that round, so the owner of a watch or an
 * alarm may be freed at once.
 *
 * What does not belong here: what an event means.
 */
#ifndef JIG_UP_LOOP_LOOP_H
#define JIG_UP_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/** A watched descriptor. The descriptor remains the caller's. */
struct watch;

/** @events  of UV_READABLE, UV_WRITABLE, UV_DISCONNECT. @return NULL if memory
 * is short. */
struct watch *watch_new(uv_loop_t *loop, int fd, int events,
			void (*call)(void *context), void *context);

/** Watch other events from now on. A descriptor has one watch at a time. */
void watch_set(struct watch *watch, int events);

/** Resume or pause a watch. NULL is allowed. */
void watch_enable(struct watch *watch, bool on);

/** Remove it. Call this before you close the descriptor. */
void watch_free(struct watch **watch);

/** One call at a later time; zeroed: none is set. */
struct alarm {
	uv_timer_t *timer;
	void (*call)(void *context);
	void *context;
};

/** Call in @us microseconds; replaces an earlier time. @return 0 or -ENOMEM. */
int alarm_set(struct alarm *alarm, uv_loop_t *loop, int64_t us,
	      void (*call)(void *context), void *context);

bool alarm_is_set(const struct alarm *alarm);

/** Cancel it; a zeroed alarm is allowed. */
void alarm_free(struct alarm *alarm);

#endif
