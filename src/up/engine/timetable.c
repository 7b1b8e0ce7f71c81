// SPDX-License-Identifier: MIT
#include "up/engine/timetable.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "up/engine/background.h"
#include "up/engine/up.h"

/* The wall clock may be set, and a suspended machine's timers are late. */
#define LONGEST_US 60000000
#define SECOND_US 1000000

/* Defaults. */
#define BACKOFF_US 1000000
#define BACKOFF_MAX_US 60000000

/* The clock of its times: the wall's for cron, else that of durations. */
static int64_t timetable_now_us(const struct timetable *times)
{
	return times->has_cron ? clock_wall_us() : clock_us();
}

static int64_t next_us(const struct instance *instance)
{
	const struct timetable *times = &instance->service->timetable;
	int64_t now = timetable_now_us(times);
	int64_t late = now - instance->due_us;

	if (times->has_cron) {
		time_t next = cron_next(&times->cron, times->zone,
					(time_t)(now / SECOND_US));

		return (int64_t)next * SECOND_US;
	}
	if (!instance->due_us || late < 0)
		return clock_add_us(now, times->interval_us);
	/* Keep the rhythm of the first run. */
	return clock_add_us(now,
			    times->interval_us - late % times->interval_us);
}

static void wait_on(struct instance *instance);

static void timetable_is_due(void *context)
{
	struct instance *instance = context;

	if (instance->state != INSTANCE_SCHEDULED)
		return;
	if (timetable_now_us(&instance->service->timetable) <
	    instance->due_us) {
		wait_on(instance);
		return;
	}
	instance->restarts = 0;
	instance->was_ready = false;
	instance->state = INSTANCE_WAITING;
}

static void wait_on(struct instance *instance)
{
	int64_t us = instance->due_us -
		     timetable_now_us(&instance->service->timetable);

	if (alarm_set(&instance->backoff, &instance->up->loop,
		      us > LONGEST_US ? LONGEST_US : us, timetable_is_due,
		      instance) < 0)
		instance->state = INSTANCE_WAITING;
}

static void say_next(const struct instance *instance)
{
	time_t due = (time_t)(instance->due_us / SECOND_US);
	char text[80], when[64];
	struct tm tm;

	if (!instance->service->timetable.has_cron || !localtime_r(&due, &tm) ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
		return;
	(void)snprintf(text, sizeof(text), "next run at %s", when);
	instance_say(instance, text);
}

void timetable_wait(struct instance *instance)
{
	int64_t due = next_us(instance);

	instance->up->has_changed = true;
	if (due < 0) { /* cron_next() has found none. */
		instance->state = INSTANCE_ENDED;
		return;
	}
	instance->due_us = due;
	instance->state = INSTANCE_SCHEDULED;
	say_next(instance);
	wait_on(instance);
}

/* ------------------------------------------------------- after a failure */

static void start_again(void *context)
{
	struct instance *instance = context;

	if (instance->state == INSTANCE_BACKOFF)
		instance->state = INSTANCE_WAITING;
}

void timetable_back_off(struct instance *instance)
{
	const struct availability *how = &instance->service->availability;
	int64_t us = how->backoff_us ? how->backoff_us : BACKOFF_US;
	int64_t most =
		how->backoff_max_us ? how->backoff_max_us : BACKOFF_MAX_US;

	/* The file may set a back-off above the default limit. */
	if (most < us)
		most = us;
	for (unsigned i = 0; i < instance->restarts && us < most; i++)
		us = us > most / 2 ? most : us * 2;
	instance->state = INSTANCE_BACKOFF;
	instance->backoff_us = us;
	instance->restarts++;
	instance->restarts_ever++;
	background_note(instance);
	output_say(instance->up->output, instance->name,
		   "starts again in %g s (restart %u)", (double)us / 1e6,
		   instance->restarts_ever);
	if (alarm_set(&instance->backoff, &instance->up->loop, us, start_again,
		      instance) < 0)
		instance->state = INSTANCE_WAITING;
}
