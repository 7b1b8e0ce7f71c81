// SPDX-License-Identifier: MIT
/* A line from the client: JSON-RPC 2.0. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/text.h"

/* Of a request's id, which is stored until the answer. */
#define ID_SIZE 1024

static int request_wrong(struct call *call, enum answer_code code,
			 const char *format, const char *text)
{
	call->refusal.code = code;
	return fault_set(&call->refusal.fault, -EINVAL, format, text);
}

/* Answer with id null: the request's is not known. */
static void request_refuse(struct agent *agent, struct call *call)
{
	if (!call->reply.id)
		call->reply.id = strdup("null");
	call_refuse(agent, call);
}

/* @return 0, or -EINVAL with the refusal. */
static int request_read_id(const struct list *values, struct call *call)
{
	uint32_t index = json_member(values, 0, "id");
	const struct json_item *item = json_at(values, index);

	if (!index)
		return 0;
	if ((item->kind != JSON_STRING && item->kind != JSON_NUMBER &&
	     item->kind != JSON_NULL) ||
	    item->size > ID_SIZE)
		return request_wrong(call, ANSWER_NO_REQUEST, "%s",
				     "id is not a string of at most 1024 "
				     "bytes, a number or null");
	call->reply.id = reply_id(item);
	return call->reply.id ? 0 : -ENOMEM;
}

static int request_read_params(const struct list *values, struct call *call)
{
	uint32_t index = json_member(values, 0, "params");

	call->params = (struct params){ .values = values,
					.object = index,
					.refusal = &call->refusal };
	if (!index || json_at(values, index)->kind == JSON_OBJECT)
		return 0;
	call->params.object = 0;
	if (json_at(values, index)->kind == JSON_NULL)
		return 0; /* Some clients write it for no parameters. */
	return request_wrong(call, ANSWER_PARAMS, "%s",
			     "params is not an object: parameters have names");
}

/* @return the method's name, or NULL with the refusal. */
static const char *request_read(const struct list *values, struct call *call)
{
	const struct json_item *outer = json_at(values, 0);
	uint32_t version, name;

	if (outer->kind != JSON_OBJECT) {
		(void)request_wrong(call, ANSWER_NO_REQUEST, "%s",
				    outer->kind == JSON_ARRAY
					    ? "batches are not supported: send "
					      "one object a line"
					    : "a request is an object");
		return NULL;
	}
	if (request_read_id(values, call) < 0)
		return NULL;
	version = json_member(values, 0, "jsonrpc");
	name = json_member(values, 0, "method");
	if (!version || !json_is(json_at(values, version), "2.0")) {
		(void)request_wrong(call, ANSWER_NO_REQUEST, "%s",
				    "jsonrpc is not \"2.0\"");
		return NULL;
	}
	if (!name || !json_plain(json_at(values, name))) {
		(void)request_wrong(call, ANSWER_NO_REQUEST, "%s",
				    "method is missing, or not a string");
		return NULL;
	}
	return json_at(values, name)->text;
}

static const struct method *method_find(const char *name)
{
	for (const struct method *const *t = method_tables; *t; t++)
		for (const struct method *m = *t; m->name; m++)
			if (strcmp(m->name, name) == 0)
				return m;
	return NULL;
}

static const char *method_next(size_t index, const void *table)
{
	(void)table;
	for (const struct method *const *t = method_tables; *t; t++)
		for (const struct method *m = *t; m->name; m++)
			if (index-- == 0)
				return m->name;
	return NULL;
}

bool call_method(struct agent *agent, struct call *call, const char *name)
{
	const struct method *method = method_find(name);
	int r = 0;

	if (!method)
		return false;
	if (method->fields != method_checks)
		r = params_check(&call->params, params_next_name,
				 method->fields);
	if (r < 0)
		call_refuse(agent, call);
	else
		method->run(agent, call);
	return true;
}

static void request_unknown(struct agent *agent, struct call *call,
			    const char *name)
{
	const char *nearest =
		agent->is_mcp ? NULL : text_nearest(name, method_next, NULL);

	call->refusal.code = ANSWER_NO_METHOD;
	if (nearest)
		fault_set(&call->refusal.fault, 0,
			  "there is no method '%s'; did you mean '%s'?", name,
			  nearest);
	else
		fault_set(&call->refusal.fault, 0, "there is no method '%s'",
			  name);
	call_refuse(agent, call);
}

static void request_run(struct agent *agent, struct call *call,
			const char *name)
{
	bool is_known = agent->is_mcp ? tools_call(agent, call, name)
				      : call_method(agent, call, name);

	if (!is_known)
		request_unknown(agent, call, name);
}

static bool request_is_early(const struct agent *agent, const char *name)
{
	return !agent->is_mcp && !agent->is_initialized &&
	       strcmp(name, "initialize") != 0;
}

static void request_act(struct agent *agent, const struct list *values)
{
	struct call call = { .refusal = { .fault = { "" } } };
	const char *name = request_read(values, &call);

	if (!name) {
		request_refuse(agent, &call);
	} else if (request_is_early(agent, name)) {
		(void)request_wrong(&call, ANSWER_NOT_YET, "%s",
				    "initialize comes first");
		call_refuse(agent, &call);
	} else if (request_read_params(values, &call) < 0) {
		call_refuse(agent, &call);
	} else {
		request_run(agent, &call, name);
	}
	reply_free(&call.reply);
}

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	return true;
}

void request_take_line(struct agent *agent, char *line, size_t size)
{
	CLEANUP(list_free) struct list values = { 0 };
	struct call call = { .refusal = { .code = ANSWER_NO_JSON } };
	struct json_fault fault;

	agent->line_us = clock_us();
	if (is_blank(line, size))
		return;
	if (json_read(line, size, &values, &fault) == 0) {
		request_act(agent, &values);
		return;
	}
	fault_set(&call.refusal.fault, -EINVAL, "not JSON: %s, at byte %zu",
		  fault.why, fault.at);
	request_refuse(agent, &call);
}

void request_skip_line(struct agent *agent)
{
	struct call call = { .refusal = { .code = ANSWER_NO_REQUEST } };

	agent->line_us = clock_us();
	fault_set(&call.refusal.fault, -E2BIG,
		  "a line was longer than %lu bytes, and was skipped",
		  LINES_MAX);
	request_refuse(agent, &call);
}
