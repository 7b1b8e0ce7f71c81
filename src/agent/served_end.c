// SPDX-License-Identifier: MIT
/* The end of a fixture, and of its record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/text.h"
#include "event/event.h"
#include "lib/fixture.h"

/* Interval of looks at a fixture in a stop, see jig_fd(). */
#define LOOK_US 100000
/* Fixtures that have ended and are still known. */
#define ENDED_MAX 256

void agent_look_at(struct agent *agent, int64_t us)
{
	agent->look_us = clock_sooner(agent->look_us, us);
}

void agent_look_soon(struct agent *agent)
{
	agent_look_at(agent, clock_in_us(LOOK_US));
}

void served_tell_state(struct served *served, enum served_state state)
{
	struct json json = { 0 };

	served->state = state;
	if (!served->was_answered)
		return;
	event_begin(&json, "status", served->name);
	json_string(&json, "state", words_name(&served_words, state));
	if (*served->problem)
		json_string(&json, "problem", served->problem);
	event_end(&json);
	agent_tell(served->agent, &json);
}

bool served_is_over(const struct served *served)
{
	return served->state == SERVED_ENDED && !served->fixture &&
	       (served->has_told_end || !served->was_known);
}

static void served_bury(struct served *served)
{
	struct agent *agent = served->agent;
	struct served **all = agent->all.items;

	for (size_t i = 0; i < agent->all.count; i++)
		if (all[i] == served) {
			memmove(all + i, all + i + 1,
				(agent->all.count - i - 1) * sizeof(*all));
			agent->all.count--;
			break;
		}
	/* Without memory it is not freed; nothing leads to it. */
	(void)list_append(&agent->graves, &served, sizeof(served));
}

void served_forget(struct served *served)
{
	served->is_forgotten = true;
	if (served_is_over(served))
		served_bury(served);
}

static void served_forget_oldest(struct agent *agent)
{
	struct served **all = agent->all.items, *oldest = NULL;
	size_t count = 0;

	for (size_t i = agent->all.count; i-- > 0;)
		if (served_is_over(all[i]) && !all[i]->restarts) {
			oldest = all[i];
			count++;
		}
	if (count > ENDED_MAX)
		served_bury(oldest);
}

/* All was told, and the guard has gone. */
static void served_settle(struct served *served)
{
	if (!served_is_over(served))
		return;
	if (served->is_forgotten)
		served_bury(served);
	else if (served->restarts)
		agent_look_at(served->agent, 0); /* served_look() begins it. */
	else
		served_forget_oldest(served->agent);
}

static void served_leave(void *context, uint32_t events)
{
	struct served *served = context;

	(void)events;
	polled_close(&served->agent->poller, &served->leaving);
	jig_free(served->fixture);
	served->fixture = NULL;
	served_settle(served);
}

/* jig_free() waits for the guard, which has told all; so it comes when the
 * guard has ended. */
static void served_await_guard(struct served *served)
{
	int fd = served->fixture->guard.pidfd;

	served->leaving = (struct polled){ .fd = -1,
					   .ready = served_leave,
					   .context = served };
	if (fd < 0 || polled_open(&served->agent->poller, &served->leaving, fd,
				  EPOLLIN) < 0)
		served_leave(served, 0);
}

static void served_note_report(struct served *served)
{
	const struct jig_report *report = jig_report(served->fixture);

	buffer_free(&served->report);
	served->code = report ? jig_report_code(report) : -1;
	served->log_lost = jig_output_lost(served->fixture);
	if (!report)
		return;
	if (jig_report_survivors(report) > 0)
		served->agent->has_survivors = true;
	if (report_json(report, &served->report) < 0)
		served->report = (struct buffer){ 0 };
}

static void served_close(struct served *served)
{
	polled_close(&served->agent->poller, &served->news);
	taps_finish(served);
	inlet_end(served);
	pty_close(&served->pty);
	served->pty = PTY_NONE;
}

void served_tell_end(struct served *served)
{
	struct json json = { 0 };

	if (served->state != SERVED_ENDED || served->has_told_end ||
	    !served->was_answered || written_is_unsent(&served->written))
		return;
	served->has_told_end = true;
	event_begin(&json, "ended", served->name);
	if (served->code >= 0)
		json_number(&json, "code", served->code);
	else
		json_null(&json, "code");
	if (served->report.used > 0)
		json_value(&json, "report", served->report.text,
			   served->report.used);
	else
		json_null(&json, "report");
	if (*served->problem)
		json_string(&json, "problem", served->problem);
	event_end(&json);
	agent_tell(served->agent, &json);
	served_settle(served);
}

void served_end(struct served *served, int error, const char *text)
{
	if (error < 0)
		text_copy(served->problem, sizeof(served->problem), text);
	served_note_report(served);
	served_close(served);
	if (served->agent->is_ending)
		served->written.credit = -1;
	written_pump(served);
	served_tell_state(served, SERVED_ENDED);
	served_tell_end(served);
	wait_fail(served, WAIT_READY, -ECHILD,
		  *served->problem ? served->problem
				   : "it has ended before it was ready");
	wait_answer(served);
	served_await_guard(served);
}

void served_fail(struct served *served, int error, const char *text)
{
	bool was_begun = served->fixture;

	if (was_begun && jig_stop(served->fixture) == 0) {
		(void)jig_hurry(served->fixture); /* It has only begun. */
		agent_look_at(served->agent, 0);
	}
	served->restarts = false;
	text_copy(served->problem, sizeof(served->problem), text);
	served_close(served);
	buffer_free(&served->report);
	served->code = -1;
	wait_fail(served, WAIT_STARTED, error, text);
	served->was_answered = served->was_known;
	served_tell_state(served, SERVED_ENDED);
	wait_fail(served, WAIT_READY, error, text);
	wait_answer(served);
	served->has_told_end = true;
	if (!served->was_known)
		served->is_forgotten = true;
	if (was_begun)
		served_await_guard(served);
	else
		served_settle(served);
}

void served_free(struct served *served)
{
	wait_fail(served, WAIT_ENDED, -ECANCELED, "the agent has ended");
	written_free(&served->written);
	recipe_free(&served->recipe);
	buffer_free(&served->report);
	list_free(&served->waiters);
	free(served->name);
	free(served);
}
