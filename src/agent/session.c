// SPDX-License-Identifier: MIT
/* Requests about the session. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "cli/doctor/doctor.h"

static int session_add_capabilities(struct json *json)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	CLEANUP_FREE struct findings *findings = calloc(1, sizeof(*findings));

	if (!findings)
		return -ENOMEM;
	doctor_find(findings);
	doctor_json(findings, &text);
	if (text.error)
		return text.error;
	json_value(json, "capabilities", text.text, text.used);
	return 0;
}

static void session_add_methods(struct json *json)
{
	json_open(json, "methods", '[');
	for (const struct method *const *t = method_tables; *t; t++)
		for (const struct method *m = *t; m->name; m++)
			json_string(json, NULL, m->name);
	json_close(json, ']');
}

/* The version that both know: ours, or an earlier one. */
static int session_agree(const struct params *params, uint64_t *ret)
{
	int r = params_number(params, "protocol", INT32_MAX, ret);

	if (r < 0)
		return r;
	if (r == 0 || *ret == 0)
		return params_wrong(params, "protocol",
				    "it is missing: the latest version that "
				    "you know, 1 or later");
	if (*ret > AGENT_PROTOCOL)
		*ret = AGENT_PROTOCOL;
	return 0;
}

static void method_initialize(struct agent *agent, struct call *call)
{
	bool wants_capabilities = false;
	uint64_t protocol = 0;
	int64_t keep_alive = 0;
	struct json json;
	int r = session_agree(&call->params, &protocol);

	if (r >= 0)
		r = params_bool(&call->params, "capabilities",
				&wants_capabilities);
	if (r >= 0)
		r = params_time(&call->params, "keep_alive", &keep_alive);
	if (r < 0) {
		call_refuse(agent, call);
		return;
	}
	if (agent->is_initialized) {
		call->refusal.code = ANSWER_NO_REQUEST;
		fault_set(&call->refusal.fault, 0,
			  "initialize comes once, as the first request");
		call_refuse(agent, call);
		return;
	}
	json = answer_begin();
	json_number(&json, "protocol", (int64_t)protocol);
	json_string(&json, "version", JIG_VERSION);
	json_number(&json, "pid", getpid());
	json_number(&json, "line_limit", (int64_t)LINES_MAX);
	session_add_methods(&json);
	r = wants_capabilities ? session_add_capabilities(&json) : 0;
	if (r < 0) {
		buffer_free(&json.out);
		answer_failed(agent, &call->reply, r, NULL);
		return;
	}
	agent->is_initialized = true;
	agent->keep_alive_us = keep_alive;
	answer_end(agent, &call->reply, &json);
}

static void method_ping(struct agent *agent, struct call *call)
{
	if (params_time(&call->params, "keep_alive", &agent->keep_alive_us) <
	    0) {
		call_refuse(agent, call);
		return;
	}
	answer_done(agent, &call->reply);
}

static void method_shutdown(struct agent *agent, struct call *call)
{
	if (call->reply.id) {
		if (list_append(&agent->shutdowns, &call->reply,
				sizeof(call->reply)) == 0)
			call->reply = (struct reply){ 0 };
		else /* It is stopped all the same. */
			answer_failed(agent, &call->reply, -ENOMEM, NULL);
	}
	agent_end(agent, "the client has requested it");
}

static const char *const initialize_fields[] = { "protocol", "client",
						 "keep_alive", "capabilities",
						 NULL };

static const char *const ping_fields[] = { "keep_alive", NULL };

const struct method session_methods[] = {
	{ "initialize", method_initialize, initialize_fields },
	{ "ping", method_ping, ping_fields },
	{ "shutdown", method_shutdown, NULL },
	{ 0 },
};

const struct method *const method_tables[] = { session_methods, fixture_methods,
					       stream_methods, look_methods,
					       NULL };
