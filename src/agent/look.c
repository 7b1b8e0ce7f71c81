// SPDX-License-Identifier: MIT
/* Requests that only look: at fixtures, their output, their processes. */
#include <errno.h>

#include "agent/agent.h"
#include "lib/fixture.h"
#include "view/view.h"

#define LINES_LIMIT 1000000

static void method_list(struct agent *agent, struct call *call)
{
	struct json json = answer_begin();
	struct served **all = agent->all.items;

	json_open(&json, "fixtures", '[');
	for (size_t i = 0; i < agent->all.count; i++) {
		if (all[i]->is_forgotten)
			continue;
		json_open(&json, NULL, '{');
		served_describe(all[i], &json);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	answer_end(agent, &call->reply, &json);
}

static void method_report(struct agent *agent, struct call *call)
{
	struct served *served = call_fixture(agent, call, 0);
	struct json json;

	if (!served)
		return;
	json = answer_begin();
	served_describe(served, &json);
	if (served->state == SERVED_ENDED && served->report.used > 0)
		json_value(&json, "report", served->report.text,
			   served->report.used);
	else
		json_null(&json, "report");
	json_number(&json, "output_bytes",
		    served->written.ring
			    ? (int64_t)ring_total(served->written.ring)
			    : 0);
	json_number(&json, "output_lost", (int64_t)served->written.all_lost);
	json_number(&json, "log_lost",
		    served->fixture ? (int64_t)jig_output_lost(served->fixture)
				    : (int64_t)served->log_lost);
	answer_end(agent, &call->reply, &json);
}

static void method_tail(struct agent *agent, struct call *call)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct served *served;
	uint64_t lines = 0;
	struct json json;

	served = call_fixture(agent, call,
			      params_number(&call->params, "lines", LINES_LIMIT,
					    &lines));
	if (!served)
		return;
	if (served->written.ring &&
	    ring_tail(served->written.ring, (unsigned)lines, &text) < 0) {
		answer_failed(agent, &call->reply, -ENOMEM, NULL);
		return;
	}
	json = answer_begin();
	if (served->recipe.is_base64)
		json_base64(&json, "base64", text.text ? text.text : "",
			    text.used);
	else
		json_bytes(&json, "text", text.text ? text.text : "",
			   text.used);
	answer_end(agent, &call->reply, &json);
}

/* Not the arguments: a process may hold the lock of its memory for long. */
static int look_at_processes(const struct served *served, struct json *json,
			     struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	CLEANUP(view_free) struct view view = { 0 };
	struct view_selection selection = { 0 };
	pid_t guard = served->fixture->guard.pid;
	int r = list_append(&selection.guards, &guard, sizeof(guard));

	if (r == 0)
		r = view_take(&selection,
			      VIEW_STATUS | VIEW_FIXTURES | VIEW_NAMES, &view,
			      fault);
	view_selection_free(&selection);
	if (r < 0)
		return r;
	view_add_json(&view, &text);
	json_value(json, "processes", text.text, text.used);
	return text.error;
}

static void method_ps(struct agent *agent, struct call *call)
{
	struct served *served = call_fixture(agent, call, 0);
	struct fault fault = { "out of memory" };
	struct json json;
	int r = 0;

	if (!served)
		return;
	json = answer_begin();
	if (served->was_executed && served->state != SERVED_ENDED)
		r = look_at_processes(served, &json, &fault);
	else
		json_value(&json, "processes", "[]", 2);
	if (r < 0) {
		buffer_free(&json.out);
		answer_failed(agent, &call->reply, r, fault.text);
		return;
	}
	answer_end(agent, &call->reply, &json);
}

static const char *const tail_fields[] = { "fixture", "lines", NULL };
static const char *const look_fields[] = { "fixture", NULL };

const struct method look_methods[] = {
	{ "list", method_list, NULL },
	{ "report", method_report, look_fields },
	{ "tail", method_tail, tail_fields },
	{ "ps", method_ps, look_fields },
	{ 0 },
};
