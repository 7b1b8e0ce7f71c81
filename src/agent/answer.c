// SPDX-License-Identifier: MIT
/*
 * Answers. A request has exactly one: each function here takes its struct
 * reply, and leaves it empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "event/event.h"

void reply_free(struct reply *reply)
{
	free(reply->id);
	*reply = (struct reply){ 0 };
}

struct json answer_begin(void)
{
	struct json json = { .is_line = true };

	json_open(&json, NULL, '{');
	return json;
}

/* {"jsonrpc":"2.0","id":ID */
static struct json answer_head(const struct reply *reply)
{
	struct json json = answer_begin();

	json_string(&json, "jsonrpc", "2.0");
	json_value(&json, "id", reply->id, strlen(reply->id));
	return json;
}

/* The same as text and as JSON: older clients know only the text. */
static void add_tool_result(struct json *json, const struct buffer *result)
{
	json_open(json, "result", '{');
	json_open(json, "content", '[');
	json_open(json, NULL, '{');
	json_string(json, "type", "text");
	json_bytes(json, "text", result->text, result->used);
	json_close(json, '}');
	json_close(json, ']');
	json_value(json, "structuredContent", result->text, result->used);
	json_bool(json, "isError", false);
	json_close(json, '}');
}

static void answer_send(struct agent *agent, struct reply *reply,
			struct json *json)
{
	json_close(json, '}');
	buffer_add(&json->out, "\n", 1);
	queue_take(&agent->queue, &json->out);
	reply_free(reply);
}

/* A client of --mcp knows no notifications of ours. */
void agent_tell(struct agent *agent, struct json *json)
{
	if (agent->is_mcp)
		buffer_free(&json->out);
	else
		queue_take(&agent->queue, &json->out);
}

void answer_end(struct agent *agent, struct reply *reply, struct json *json)
{
	json_close(json, '}');
	if (reply->id && json->out.text) {
		struct json all = answer_head(reply);

		if (reply->is_tool)
			add_tool_result(&all, &json->out);
		else
			json_value(&all, "result", json->out.text,
				   json->out.used);
		answer_send(agent, reply, &all);
	}
	buffer_free(&json->out);
}

void answer_done(struct agent *agent, struct reply *reply)
{
	struct json json = answer_begin();

	answer_end(agent, reply, &json);
}

static void add_tool_error(struct json *json, const char *text, size_t size)
{
	json_open(json, "result", '{');
	json_open(json, "content", '[');
	json_open(json, NULL, '{');
	json_string(json, "type", "text");
	json_bytes(json, "text", text, size);
	json_close(json, '}');
	json_close(json, ']');
	json_bool(json, "isError", true);
	json_close(json, '}');
}

static void answer_add_data(struct json *json, const struct refusal *refusal)
{
	char name[16];

	if (!*refusal->field && !refusal->error)
		return;
	json_open(json, "data", '{');
	if (*refusal->field)
		json_string(json, "field", refusal->field);
	if (refusal->error)
		json_string(json, "errno", error_name(refusal->error, name));
	json_close(json, '}');
}

void answer_refuse(struct agent *agent, struct reply *reply,
		   const struct refusal *refusal)
{
	if (!reply->id)
		return;
	struct json json = answer_head(reply);

	if (reply->is_tool) {
		add_tool_error(&json, refusal->fault.text,
			       strlen(refusal->fault.text));
	} else {
		json_open(&json, "error", '{');
		json_number(&json, "code", refusal->code);
		json_string(&json, "message", refusal->fault.text);
		answer_add_data(&json, refusal);
		json_close(&json, '}');
	}
	answer_send(agent, reply, &json);
}

void answer_tool_error(struct agent *agent, struct reply *reply,
		       const struct buffer *text)
{
	struct json json = answer_head(reply);

	add_tool_error(&json, text->text, text->used);
	answer_send(agent, reply, &json);
}

void answer_failed(struct agent *agent, struct reply *reply, int error,
		   const char *text)
{
	struct refusal refusal = { .code = ANSWER_FAILED, .error = error };

	fault_set(&refusal.fault, error, "%s",
		  text && *text ? text : strerror(-error));
	answer_refuse(agent, reply, &refusal);
}
