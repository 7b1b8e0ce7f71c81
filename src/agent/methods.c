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

static void call_failed(struct agent *agent, struct call *call, int error,
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

/* -------------------------------------------------------------------- input */

/* "text" or "base64". @return 1; 0: neither; or -EINVAL. */
static int write_read(const struct params *params, struct buffer *ret)
{
	const struct json_item *text = params_at(params, "text");
	const struct json_item *base64 = params_at(params, "base64");

	if (text && base64)
		return params_wrong(params, "base64", "text excludes it");
	if (text && text->kind != JSON_STRING)
		return params_wrong(params, "text", "it is not a string");
	if (base64 && (base64->kind != JSON_STRING ||
		       json_read_base64(base64->text, base64->size, ret) < 0))
		return params_wrong(params, "base64", "it is not base64");
	if (text)
		buffer_add(ret, text->text, text->size);
	return text || base64;
}

static void method_write(struct agent *agent, struct call *call)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };
	const struct params *params = &call->params;
	struct served *served;
	bool closes = false;
	int r = params_bool(params, "close", &closes);
	int given = r < 0 ? r : write_read(params, &bytes);

	if (given == 0 && !closes)
		given = params_wrong(params, "text", "it is missing");
	served = call_fixture(agent, call, given);
	if (!served)
		return;
	if (!served->recipe.has_input && !served->recipe.has_terminal) {
		call_failed(agent, call, -EBADF,
			    "its stdin is /dev/null: start it with \"stdin\": "
			    "\"pipe\"");
		return;
	}
	if (closes && served->recipe.has_terminal) {
		(void)params_wrong(params, "close",
				   "a terminal is not closed: write \\u0004");
		call_refuse(agent, call);
		return;
	}
	r = bytes.error ? bytes.error
			: inlet_add(served, &call->reply,
				    bytes.text ? bytes.text : "", bytes.used,
				    closes);
	if (r < 0)
		call_failed(agent, call, r,
			    r == -EAGAIN  ? "it does not read its stdin: wait "
					    "for the answer to the last write"
			    : r == -EPIPE ? "its stdin is closed"
					  : NULL);
}

static void method_resize(struct agent *agent, struct call *call)
{
	struct served *served;
	struct winsize size = { 0 };
	int r = params_size(&call->params, &size);

	served = call_fixture(agent, call, r);
	if (!served)
		return;
	r = served->pty.master < 0 ? -ENOTTY : pty_resize(&served->pty, &size);
	if (r < 0) {
		call_failed(agent, call, r,
			    r == -ENOTTY ? "it has no terminal" : NULL);
		return;
	}
	served->recipe.size = size;
	answer_done(agent, &call->reply);
}

static void method_credit(struct agent *agent, struct call *call)
{
	struct written *written;
	struct served *served;
	uint64_t bytes = 0;
	int r = params_number(&call->params, "bytes", CREDIT_MAX, &bytes);

	if (r == 0)
		r = params_wrong(&call->params, "bytes", "it is missing");
	served = call_fixture(agent, call, r);
	if (!served)
		return;
	written = &served->written;
	if (written->credit >= 0) {
		written->credit += (int64_t)bytes;
		if (written->credit > (int64_t)CREDIT_MAX)
			written->credit = (int64_t)CREDIT_MAX;
	}
	answer_done(agent, &call->reply);
	written_pump(served);
	served_tell_end(served);
}

static void method_close_output(struct agent *agent, struct call *call)
{
	static const char *const names[] = {
		[WRITTEN_OUT] = "stdout",
		[WRITTEN_ERR] = "stderr",
	};
	static const struct words words = WORDS_OF(names);
	int stream = WRITTEN_OUT;
	int r = params_word(&call->params, "stream", &words, &stream);
	struct served *served = call_fixture(agent, call, r);

	if (!served)
		return;
	if (served->recipe.has_terminal) {
		call_failed(agent, call, -EINVAL,
			    "a terminal has no stream that can be closed");
		return;
	}
	taps_hang_up(served, (enum written_stream)stream);
	answer_done(agent, &call->reply);
	served_tell_end(served);
}

static const char *const fixture_fields[] = { "fixture", NULL };
static const char *const stop_fields[] = { "fixture", "wait", "hurry", "signal",
					   NULL };
static const char *const signal_fields[] = { "fixture", "signal", "to", NULL };
static const char *const wait_fields[] = { "fixture", "until", "timeout",
					   NULL };
static const char *const write_fields[] = { "fixture", "text", "base64",
					    "close", NULL };
static const char *const resize_fields[] = { "fixture", "rows", "columns",
					     NULL };
static const char *const close_fields[] = { "fixture", "stream", NULL };
static const char *const credit_fields[] = { "fixture", "bytes", NULL };

const char *const method_checks[] = { NULL };

const struct method fixture_methods[] = {
	{ "start", method_start, method_checks },
	{ "stop", method_stop, stop_fields },
	{ "signal", method_signal, signal_fields },
	{ "restart", method_restart, fixture_fields },
	{ "wait", method_wait, wait_fields },
	{ "write", method_write, write_fields },
	{ "resize", method_resize, resize_fields },
	{ "credit", method_credit, credit_fields },
	{ "close_output", method_close_output, close_fields },
	{ 0 },
};
