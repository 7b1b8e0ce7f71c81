// SPDX-License-Identifier: MIT
/* Requests that are answered when something has happened. */
#include <errno.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "event/event.h"
#include "lib/fixture.h"

/* Requests of all fixtures that wait at the same time. */
#define WAITS_MAX 65536
/* Of output, for a tool that has failed. */
#define TAIL_LINES 20

static const char *const state_names[] = {
	[SERVED_STARTING] = "starting", [SERVED_RUNNING] = "running",
	[SERVED_READY] = "ready",	[SERVED_STOPPING] = "stopping",
	[SERVED_ENDED] = "ended",
};

const struct words served_words = WORDS_OF(state_names);

void served_describe(const struct served *served, struct json *json)
{
	json_string(json, "fixture", served->name);
	json_string(json, "state", words_name(&served_words, served->state));
	if (served->pid > 0)
		json_number(json, "pid", served->pid);
	else
		json_null(json, "pid");
	event_addresses(json, served->fixture ? &served->fixture->names : NULL);
	if (served->state == SERVED_ENDED && served->code >= 0)
		json_number(json, "code", served->code);
	if (*served->problem)
		json_string(json, "problem", served->problem);
}

int wait_add(struct served *served, struct reply *reply,
	     enum waiter_until until, int64_t timeout_us)
{
	struct waiter waiter = {
		.reply = *reply,
		.until = until,
		.deadline_us = timeout_us < 0 ? -1 : clock_in_us(timeout_us),
	};

	if (served->agent->waits >= WAITS_MAX)
		return -EAGAIN;
	int r = list_append(&served->waiters, &waiter, sizeof(waiter));

	if (r < 0)
		return r;
	*reply = (struct reply){ 0 };
	served->agent->waits++;
	return 0;
}

static struct waiter *wait_at(const struct served *served, size_t index)
{
	return list_at(&served->waiters, index, sizeof(struct waiter));
}

/* Answered: its reply is empty. */
static void wait_remove(struct served *served, size_t index)
{
	struct list *list = &served->waiters;

	for (size_t i = index + 1; i < list->count; i++)
		*wait_at(served, i - 1) = *wait_at(served, i);
	list->count--;
	served->agent->waits--;
}

static bool wait_is_over(const struct served *served,
			 const struct waiter *waiter)
{
	switch (waiter->until) {
	case WAIT_STARTED:
		return served->was_executed && !served->restarts;
	case WAIT_READY:
		return served->state == SERVED_READY;
	case WAIT_ENDED:
		return served->state == SERVED_ENDED;
	}
	return false;
}

static void wait_tell(struct served *served, struct waiter *waiter)
{
	struct json json = answer_begin();

	served_describe(served, &json);
	if (waiter->until == WAIT_ENDED && served->report.used > 0)
		json_value(&json, "report", served->report.text,
			   served->report.used);
	answer_end(served->agent, &waiter->reply, &json);
	reply_free(&waiter->reply);
}

void wait_answer(struct served *served)
{
	size_t i = 0;

	while (i < served->waiters.count) {
		if (!wait_is_over(served, wait_at(served, i))) {
			i++;
			continue;
		}
		wait_tell(served, wait_at(served, i));
		wait_remove(served, i);
	}
}

/* An assistant gets the last lines as well, as a user of `jig run` does. */
static void wait_refuse_tool(struct served *served, struct waiter *waiter,
			     const char *text)
{
	CLEANUP(buffer_free) struct buffer all = { 0 };

	buffer_printf(&all, "%s: %s", served->name, text);
	if (served->written.ring && ring_total(served->written.ring) > 0) {
		buffer_printf(&all, "\nits last lines:\n");
		/* Without memory: without them. */
		(void)ring_tail(served->written.ring, TAIL_LINES, &all);
	}
	answer_tool_error(served->agent, &waiter->reply, &all);
}

static void wait_refuse(struct served *served, size_t index, int error,
			const char *text)
{
	struct waiter *waiter = wait_at(served, index);

	if (waiter->reply.is_tool)
		wait_refuse_tool(served, waiter, text);
	else
		answer_failed(served->agent, &waiter->reply, error, text);
	reply_free(&waiter->reply);
	wait_remove(served, index);
}

void wait_fail(struct served *served, enum waiter_until until, int error,
	       const char *text)
{
	for (size_t i = served->waiters.count; i-- > 0;)
		if (wait_at(served, i)->until == until)
			wait_refuse(served, i, error, text);
}

int64_t wait_look(struct served *served)
{
	int64_t next = -1;

	for (size_t i = served->waiters.count; i-- > 0;) {
		int64_t deadline = wait_at(served, i)->deadline_us;

		if (deadline >= 0 && clock_us() >= deadline)
			wait_refuse(served, i, -ETIMEDOUT,
				    *served->problem ? served->problem
						     : "the time is over");
		else
			next = clock_sooner(next, deadline);
	}
	return next;
}
