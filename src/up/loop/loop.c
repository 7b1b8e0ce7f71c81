// SPDX-License-Identifier: MIT
#include "up/loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct watch {
	uv_poll_t poll; /* first: a pointer to it is one to the watch */
	int events;
	bool is_on;
	void (*call)(void *context);
	void *context;
};

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

/* An error (a bad descriptor) shows when the descriptor is read. */
static void noticed(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = (struct watch *)poll;

	(void)status, (void)events;
	watch->call(watch->context);
}

struct watch *watch_new(uv_loop_t *loop, int fd, int events,
			void (*call)(void *context), void *context)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	/* libuv sets O_NONBLOCK. Other processes that share the descriptor do
	 * not expect that, and poll(2) does not need it. */
	int flags = fcntl(fd, F_GETFL);

	if (uv_poll_init(loop, &watch->poll, fd) < 0) {
		free(watch);
		return NULL;
	}
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags);
	watch->events = events;
	watch->call = call;
	watch->context = context;
	watch_enable(watch, true);
	return watch;
}

void watch_enable(struct watch *watch, bool on)
{
	if (!watch || watch->is_on == on)
		return;
	watch->is_on = on;
	if (on)
		(void)uv_poll_start(&watch->poll, watch->events, noticed);
	else
		(void)uv_poll_stop(&watch->poll);
}

void watch_set(struct watch *watch, int events)
{
	if (watch->events == events)
		return;
	watch->events = events;
	if (watch->is_on)
		(void)uv_poll_start(&watch->poll, events, noticed);
}

void watch_free(struct watch **watch)
{
	if (*watch)
		uv_close((uv_handle_t *)&(*watch)->poll, free_handle);
	*watch = NULL;
}

static void rang(uv_timer_t *timer)
{
	struct alarm *alarm = timer->data;

	alarm->call(alarm->context);
}

int alarm_set(struct alarm *alarm, uv_loop_t *loop, int64_t us,
	      void (*call)(void *context), void *context)
{
	if (!alarm->timer) {
		alarm->timer = malloc(sizeof(*alarm->timer));
		if (!alarm->timer)
			return -ENOMEM;
		(void)uv_timer_init(loop, alarm->timer);
	}
	alarm->timer->data = alarm;
	alarm->call = call;
	alarm->context = context;
	/* libuv updates its clock only once in a round. */
	uv_update_time(loop);
	(void)uv_timer_start(alarm->timer, rang,
			     us < 0 ? 0 : ((uint64_t)us + 999) / 1000, 0);
	return 0;
}

bool alarm_is_set(const struct alarm *alarm)
{
	return alarm->timer && uv_is_active((uv_handle_t *)alarm->timer);
}

void alarm_free(struct alarm *alarm)
{
	if (alarm->timer)
		uv_close((uv_handle_t *)alarm->timer, free_handle);
	alarm->timer = NULL;
}
