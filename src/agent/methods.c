// SPDX-License-Identifier: MIT
/* Requests that start a fixture, or act on one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/sys.h"
#include "base/text.h"

#define NAME_MAX_SIZE 255

void call_refuse(struct agent *agent, struct call *call)
{
	answer_refuse(agent, &call->reply, &call->refusal);
}

void call_failed(struct agent *agent, struct call *call, int error,
		 const char *text)
{
	answer_failed(agent, &call->reply, error, text);
}

struct served *call_fixture(struct agent *agent, struct call *call, int read)
{
	const char *name = NULL;
	int r = read < 0 ? read : params_text(&call->params, "fixture", &name);
	struct served *served = name ? served_find(agent, name) : NULL;

	if (served)
		return served;
	if (r == 0)
		(void)params_wrong(&call->params, "fixture", "it is missing");
	if (r > 0) {
		call->refusal.code = ANSWER_FAILED;
		call->refusal.error = -ESRCH;
		text_copy(call->refusal.field, sizeof(call->refusal.field),
			  "fixture");
		fault_set(&call->refusal.fault, -ESRCH,
			  "there is no fixture '%s'", name);
	}
	call_refuse(agent, call);
	return NULL;
}

/* -------------------------------------------------------------------- start */

/* The name that is given, or one of ours. @return 0, -EINVAL, -EEXIST. */
static int start_choose_name(struct agent *agent, struct call *call,
			     char name[NAME_MAX_SIZE + 1])
{
	const char *given = NULL;
	int r = params_text(&call->params, "fixture", &given);

	if (r < 0)
		return r;
	if (given && (!*given || strlen(given) > NAME_MAX_SIZE))
		return params_wrong(&call->params, "fixture",
				    "a name has 1 to %d bytes", NAME_MAX_SIZE);
	if (given)
		text_copy(name, NAME_MAX_SIZE + 1, given);
	while (!given) {
		(void)snprintf(name, NAME_MAX_SIZE + 1, "fixture-%u",
			       ++agent->count);
		if (!served_find(agent, name))
			break;
	}
	struct served *old = served_find(agent, name);

	if (old && old->state == SERVED_ENDED && !old->has_told_end)
		served_send_rest(old);
	if (old &&
	    (old->state != SERVED_ENDED || !old->has_told_end || old->restarts))
		return params_wrong(&call->params, "fixture",
				    "'%s' has not ended yet", name);
	if (old)
		served_forget(old);
	return 0;
}

static void start_make(struct agent *agent, struct call *call, const char *name,
		       struct recipe *recipe)
{
	struct fault fault = { "" };
	struct served *served = served_new(agent, name, recipe);
	int r = served ? wait_add(served, &call->reply, WAIT_STARTED, -1)
		       : -ENOMEM;

	if (!served || r < 0) {
		call_failed(agent, call, r, NULL);
		if (served)
			served_fail(served, r, "");
		return;
	}
	r = served_begin(served, &fault);
	if (r < 0)
		served_fail(served, r, fault.text);
}

static void method_start(struct agent *agent, struct call *call)
{
	char name[NAME_MAX_SIZE + 1];
	struct recipe recipe;
	int r;

	if (agent->is_ending) {
		call_failed(agent, call, -ECANCELED, "the agent ends");
		return;
	}
	r = recipe_read(&call->params, &recipe);
	if (r < 0) {
		if (r != -EINVAL)
			call_failed(agent, call, r, NULL);
		else
			call_refuse(agent, call);
		return;
	}
	if (start_choose_name(agent, call, name) < 0)
		call_refuse(agent, call);
	else
		start_make(agent, call, name, &recipe);
	recipe_free(&recipe);
}

static void method_restart(struct agent *agent, struct call *call)
{
	struct served *served = call_fixture(agent, call, 0);

	if (!served)
		return;
	if (agent->is_ending) {
		call_failed(agent, call, -ECANCELED, "the agent ends");
		return;
	}
	if (served->state == SERVED_STARTING) {
		call_failed(agent, call, -EAGAIN, "it is being started");
		return;
	}
	int r = wait_add(served, &call->reply, WAIT_STARTED, -1);

	if (r < 0) {
		call_failed(agent, call, r, NULL);
		return;
	}
	served->restarts = true;
	if (served->state == SERVED_ENDED && !served->has_told_end)
		served_send_rest(served);
	served_stop(served, false);
	agent_look_at(agent, 0); /* It may have ended before. */
}

/* ---------------------------------------------------------- stop and signals
 */

/* A number or a name. @return it, or -EINVAL with the refusal. */
static int signal_read(const struct params *params)
{
	const struct json_item *item = params_at(params, "signal");
	uint64_t number = 0;
	const char *text = NULL;
	int r;

	if (item && item->kind == JSON_NUMBER) {
		r = params_number(params, "signal", 64, &number);
		return r < 0 || number > 0
			       ? r < 0 ? r : (int)number
			       : params_wrong(params, "signal", "0 is none");
	}
	r = params_text(params, "signal", &text);
	if (r <= 0)
		return r < 0 ? r
			     : params_wrong(params, "signal", "it is missing");
	r = text_signal(text);
	return r < 0 ? params_wrong(params, "signal",
				    "'%s' is not a signal such as TERM or 15",
				    text)
		     : r;
}

/* Those that request the end of a program. @return it; 0: none is given; or
 * -EINVAL with the refusal. */
static int stop_read_signal(const struct params *params)
{
	int signo = params_at(params, "signal") ? signal_read(params) : 0;

	return signo <= 0 || (SYS_STOP_SIGNALS & SYS_SIGNAL(signo))
		       ? signo
		       : params_wrong(params, "signal",
				      "it is not TERM, INT, HUP or QUIT");
}

static void method_stop(struct agent *agent, struct call *call)
{
	bool waits = call->reply.is_tool, hurries = false;
	struct served *served;
	int signo = stop_read_signal(&call->params);
	int r = signo < 0 ? signo : params_bool(&call->params, "wait", &waits);

	if (r >= 0)
		r = params_bool(&call->params, "hurry", &hurries);
	served = call_fixture(agent, call, r);
	if (!served)
		return;
	if (served->restarts)
		wait_fail(served, WAIT_STARTED, -ECANCELED,
			  "stopped before it was started again");
	served->restarts = false;
	if (signo > 0)
		served_stop_by(served, signo);
	if (signo == 0 || hurries)
		served_stop(served, hurries);
	if (!waits) {
		answer_done(agent, &call->reply);
		return;
	}
	r = wait_add(served, &call->reply, WAIT_ENDED, -1);
	if (r < 0)
		call_failed(agent, call, r, NULL);
	wait_answer(served);
}

static void method_signal(struct agent *agent, struct call *call)
{
	static const char *const names[] = {
		[JIG_TARGET_MAIN] = "main", [JIG_TARGET_ALL] = "all"
	};
	static const struct words words = WORDS_OF(names);
	int target = JIG_TARGET_MAIN;
	int signo = signal_read(&call->params);
	struct served *served;

	int r = signo < 0 ? signo
			  : params_word(&call->params, "to", &words, &target);

	served = call_fixture(agent, call, r);
	if (!served)
		return;
	r = served->was_executed && served->state != SERVED_ENDED
		    ? jig_signal(served->fixture, signo,
				 (enum jig_target)target)
		    : -ESRCH;

	if (r < 0)
		call_failed(agent, call, r,
			    r == -ESRCH ? "the fixture does not run" : NULL);
	else
		answer_done(agent, &call->reply);
}

static void method_wait(struct agent *agent, struct call *call)
{
	static const char *const names[] = {
		[WAIT_READY] = "ready", [WAIT_ENDED] = "ended"
	};
	static const struct words words = WORDS_OF(names);
	int until = WAIT_READY;
	int64_t timeout = -1;
	struct served *served;
	int r = params_word(&call->params, "until", &words, &until);

	if (r >= 0)
		r = params_time(&call->params, "timeout", &timeout);
	served = call_fixture(agent, call, r);
	if (!served)
		return;
	r = wait_add(served, &call->reply, (enum waiter_until)until, timeout);
	if (r < 0)
		call_failed(agent, call, r, NULL);
	if (!served->restarts && served->state >= SERVED_STOPPING)
		wait_fail(served, WAIT_READY,
			  served->unready ? served->unready : -ECHILD,
			  *served->problem ? served->problem
					   : "it has ended, or is being "
					     "stopped");
	wait_answer(served);
	agent_look_at(agent, 0); /* For its deadline. */
}

static const char *const fixture_fields[] = { "fixture", NULL };
static const char *const stop_fields[] = { "fixture", "wait", "hurry", "signal",
					   NULL };
static const char *const signal_fields[] = { "fixture", "signal", "to", NULL };
static const char *const wait_fields[] = { "fixture", "until", "timeout",
					   NULL };

const char *const method_checks[] = { NULL };

const struct method fixture_methods[] = {
	{ "start", method_start, method_checks },
	{ "stop", method_stop, stop_fields },
	{ "signal", method_signal, signal_fields },
	{ "restart", method_restart, fixture_fields },
	{ "wait", method_wait, wait_fields },
	{ 0 },
};
