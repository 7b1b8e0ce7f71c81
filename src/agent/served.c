// SPDX-License-Identifier: MIT
/*
 * A fixture of the agent.
 *
 *   STARTING ── executed ──► RUNNING ── probes ──► READY
 *      │ │                      │                    │ a --live probe fails,
 *      │ └──────── stop ────────┤ not ready, stop    │ stop
 *      │                        ▼                    ▼
 *      │ cannot start       STOPPING ◄───────────────┘
 *      ▼                        │
 *   forgotten                   └── no process is left ──► ENDED
 *
 * From each state but STARTING it may end by itself: then ENDED follows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/text.h"
#include "event/event.h"
#include "lib/fixture.h"

struct served *served_find(const struct agent *agent, const char *name)
{
	struct served **all = agent->all.items;

	for (size_t i = 0; i < agent->all.count; i++)
		if (!all[i]->is_forgotten && strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

struct served *served_new(struct agent *agent, const char *name,
			  struct recipe *recipe)
{
	struct served *served = calloc(1, sizeof(*served));

	if (served)
		served->name = strdup(name);
	if (!served || !served->name ||
	    list_append(&agent->all, &served, sizeof(served)) < 0) {
		if (served)
			free(served->name);
		free(served);
		return NULL;
	}
	served->agent = agent;
	served->recipe = *recipe;
	*recipe = (struct recipe){ 0 };
	served->code = -1;
	return served;
}

/* ------------------------------------------------------------------- events */

static void served_executed(struct served *served)
{
	struct json json = { 0 };

	served->was_executed = served->was_known = true;
	served->restarts = false;
	served->pid = jig_pid(served->fixture);
	if (served->state == SERVED_STARTING)
		served->state = SERVED_RUNNING;
	wait_answer(served);
	served->was_answered = true;
	event_started(&json, served->name, served->pid,
		      &served->fixture->names);
	agent_tell(served->agent, &json);
	written_pump(served);
	if (served->state == SERVED_STOPPING)
		served_tell_state(served, SERVED_STOPPING);
}

/* @return false: it cannot be started. */
static bool served_look_executed(struct served *served)
{
	struct fault fault = { "" };
	bool is_stopped = served->state == SERVED_STOPPING;
	int r = served->was_executed ? 1
				     : fixture_started(served->fixture, &fault);

	if (r > 0 && !served->was_executed)
		served_executed(served);
	if (r < 0)
		served_fail(served, is_stopped ? -ECANCELED : r,
			    is_stopped ? "stopped before it was executed"
				       : fault.text);
	return r >= 0;
}

/* Its guard stops it. We ask for the stop as well, so that fixture_rouse() acts
 * if the guard does not. */
static void served_note_problem(struct served *served)
{
	text_copy(served->problem, sizeof(served->problem),
		  jig_problem(served->fixture));
	(void)jig_stop(served->fixture); /* An error: it has ended. */
	agent_look_soon(served->agent);
	served_tell_state(served, SERVED_STOPPING);
}

static void served_look_ready(struct served *served)
{
	int r = jig_wait_ready(served->fixture, 0);
	struct json json = { 0 };

	if (r == -ETIMEDOUT)
		return;
	if (r < 0) {
		served_note_problem(served);
		wait_fail(served, WAIT_READY, r, served->problem);
		return;
	}
	served->state = SERVED_READY;
	event_ready(&json, served->name, jig_ready_us(served->fixture),
		    &served->fixture->names, &served->fixture->matches);
	agent_tell(served->agent, &json);
	wait_answer(served);
}

static void served_look_well(struct served *served)
{
	const char *problem = jig_problem(served->fixture);
	struct json json = { 0 };

	if (!*problem)
		return;
	event_begin(&json, "unhealthy", served->name);
	json_string(&json, "problem", problem);
	event_end(&json);
	agent_tell(served->agent, &json);
	served_note_problem(served);
}

void served_news(struct served *served)
{
	if (!served->fixture || served->state == SERVED_ENDED ||
	    !served_look_executed(served))
		return;
	if (served->state == SERVED_RUNNING)
		served_look_ready(served);
	else if (served->state == SERVED_READY)
		served_look_well(served);
	int r = jig_wait(served->fixture, 0, NULL);

	if (r == -ETIMEDOUT)
		return;
	if (!served->was_executed)
		served_fail(served, -ECANCELED,
			    "stopped before it was executed");
	else
		served_end(served, r,
			   "its guard was killed; its supervisor ends it");
}

static void served_is_readable(void *context, uint32_t events)
{
	(void)events;
	served_news(context);
}

/* ------------------------------------------------------------ start and stop
 */

int served_begin(struct served *served, struct fault *fault)
{
	const struct recipe *recipe = &served->recipe;
	struct agent *agent = served->agent;
	int r;

	written_free(&served->written);
	served->written = (struct written){
		.is_told = recipe->output == RECIPE_EVENTS,
		.is_base64 = recipe->is_base64,
		.credit = recipe->credit,
	};
	served->state = SERVED_STARTING;
	served->was_executed = served->was_answered = false;
	served->has_told_end = false;
	served->pid = 0;
	served->problem[0] = '\0';
	served->pty = PTY_NONE;
	served->inlet = (struct inlet){ .fd = -1, .polled = POLLED_NONE };
	for (int i = 0; i < 2; i++)
		served->taps[i] = (struct tap){ .served = served,
						.fd = -1,
						.polled = POLLED_NONE };
	served->news = (struct polled){ .fd = -1,
					.ready = served_is_readable,
					.context = served };
	r = recipe_begin(agent, recipe, &served->pty, &served->fixture, fault);
	if (r < 0)
		return r;
	r = polled_open(&agent->poller, &served->news, jig_fd(served->fixture),
			EPOLLIN);
	if (r == 0)
		r = taps_begin(served);
	if (r == 0)
		r = inlet_begin(served);
	return r < 0 ? fault_set(fault, r, "cannot watch it: %s", strerror(-r))
		     : 0;
}

void served_stop(struct served *served, bool hurries)
{
	bool is_first = served->state != SERVED_STOPPING;

	if (!served->fixture || served->state == SERVED_ENDED)
		return;
	agent_look_soon(served->agent);
	if (is_first) /* An error: it has ended, and news will say so. */
		(void)jig_stop(served->fixture);
	if (hurries)
		(void)jig_hurry(served->fixture);
	if (is_first)
		served_tell_state(served, SERVED_STOPPING);
}

void served_look(struct served *served)
{
	struct fault fault = { "" };
	int64_t next;

	if (fixture_is_awaited(served->fixture)) {
		agent_look_soon(served->agent);
		if (served->state == SERVED_ENDED)
			(void)jig_wait(served->fixture, 0, NULL); /* Rouse. */
		else
			served_news(served);
	}
	if (served->restarts && served_is_over(served) &&
	    served_begin(served, &fault) < 0)
		served_fail(served, -EAGAIN, fault.text);
	next = wait_look(served);
	if (next >= 0)
		agent_look_at(served->agent, next);
}
