// SPDX-License-Identifier: MIT
/*
 * `jig agent --mcp`: some methods as tools of the Model Context Protocol, for
 * coding assistants. Source: modelcontextprotocol.io, "Specification"
 * (Lifecycle, Transports: stdio, Tools).
 */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "base/cleanup.h"

/* Newest first. We use nothing in which they differ. */
static const char *const mcp_versions[] = { "2025-11-25", "2025-06-18",
					    "2025-03-26", "2024-11-05" };

#define FIXTURE                                                                \
	"\"fixture\":{\"type\":\"string\",\"description\":\"the name that "    \
	"start has returned\"}"

/* The tools, with the methods that they are. */
static const struct tool {
	const char *name, *method, *description;
	const char *schema; /* of its arguments: "properties" and "required" */
	bool is_read_only;
	const char *const *fields; /* that it knows; NULL: the method's */
} tools[] = {
	{
		.name = "start",
		.method = "start",
		.description =
			"Start a server or another long-running command. "
			"Everything that it starts ends with it, and all of it "
			"ends with this session. Returns when the command "
			"runs; then use wait_ready.",
		.schema =
			"\"properties\":{"
			"\"command\":{\"description\":\"a line for /bin/sh, or "
			"an array of words\",\"anyOf\":[{\"type\":\"string\"},"
			"{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]"
			"},"
			"\"fixture\":{\"type\":\"string\",\"description\":\"a "
			"name for it\"},"
			"\"chdir\":{\"type\":\"string\",\"description\":\"its "
			"directory\"},"
			"\"env\":{\"type\":\"object\",\"description\":"
			"\"variables to add\",\"additionalProperties\":{"
			"\"type\":\"string\"}},"
			"\"ready\":{\"type\":\"string\",\"description\":\"when "
			"it is ready: http:8080/health, tcp:8080, log:REGEX; "
			"with port: http:{web}/\"},"
			"\"port\":{\"type\":\"array\",\"items\":{\"type\":"
			"\"string\"},\"description\":\"names of free ports to "
			"reserve: web is $WEB_PORT and {port:web}\"},"
			"\"start_timeout\":{\"type\":\"string\","
			"\"description\":\"60s is the default\"}},"
			"\"required\":[\"command\"]",
	},
	{
		.name = "wait_ready",
		.method = "wait",
		.description =
			"Wait until a fixture is ready. If it cannot become "
			"ready, the error has the reason and its last lines.",
		.schema = "\"properties\":{" FIXTURE
			  ",\"timeout\":{\"type\":\"string\",\"description\":"
			  "\"30s, 2m\"}},\"required\":[\"fixture\"]",
		.is_read_only = true,
		.fields = (const char *const[]){ "fixture", "timeout", NULL },
	},
	{
		.name = "tail",
		.method = "tail",
		.description = "The last lines of a fixture's output.",
		.schema = "\"properties\":{" FIXTURE
			  ",\"lines\":{\"type\":\"integer\",\"minimum\":0}},"
			  "\"required\":[\"fixture\"]",
		.is_read_only = true,
	},
	{
		.name = "stop",
		.method = "stop",
		.description =
			"Stop a fixture and every process that it has started, "
			"and wait until none is left. Returns the report.",
		.schema = "\"properties\":{" FIXTURE
			  "},\"required\":[\"fixture\"]",
		.fields = (const char *const[]){ "fixture", NULL },
	},
	{
		.name = "list",
		.method = "list",
		.description = "All fixtures of this session: states, pids, "
			       "addresses.",
		.schema = "\"properties\":{}",
		.is_read_only = true,
	},
};

static void tool_describe(const struct tool *tool, struct json *json)
{
	CLEANUP(buffer_free) struct buffer schema = { 0 };

	buffer_printf(&schema, "{\"type\":\"object\",%s}", tool->schema);
	json_open(json, NULL, '{');
	json_string(json, "name", tool->name);
	json_string(json, "description", tool->description);
	if (schema.text)
		json_value(json, "inputSchema", schema.text, schema.used);
	json_open(json, "annotations", '{');
	json_bool(json, "readOnlyHint", tool->is_read_only);
	json_bool(json, "destructiveHint", false);
	json_close(json, '}');
	json_close(json, '}');
}

static void tools_list(struct agent *agent, struct call *call)
{
	struct json json = answer_begin();

	json_open(&json, "tools", '[');
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		tool_describe(&tools[i], &json);
	json_close(&json, ']');
	answer_end(agent, &call->reply, &json);
}

/* The version that the client asks for, or our newest: then the client decides
 * whether to go on. */
static const char *mcp_agree(const char *asked)
{
	for (size_t i = 0; i < sizeof(mcp_versions) / sizeof(*mcp_versions);
	     i++)
		if (asked && strcmp(mcp_versions[i], asked) == 0)
			return mcp_versions[i];
	return mcp_versions[0];
}

static void tools_initialize(struct agent *agent, struct call *call)
{
	const char *asked = NULL;
	struct json json;

	if (params_text(&call->params, "protocolVersion", &asked) < 0) {
		call_refuse(agent, call);
		return;
	}
	json = answer_begin();
	json_string(&json, "protocolVersion", mcp_agree(asked));
	json_open(&json, "capabilities", '{');
	json_open(&json, "tools", '{');
	json_close(&json, '}');
	json_close(&json, '}');
	json_open(&json, "serverInfo", '{');
	json_string(&json, "name", "jig");
	json_string(&json, "version", JIG_VERSION);
	json_close(&json, '}');
	json_string(&json, "instructions",
		    "Start servers with start, not in a shell's background: "
		    "no process of them is left when you stop them, or when "
		    "this session ends.");
	answer_end(agent, &call->reply, &json);
}

static const struct tool *tool_find(const char *name)
{
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i].name, name) == 0)
			return &tools[i];
	return NULL;
}

static void tools_run(struct agent *agent, struct call *call)
{
	struct params *params = &call->params;
	const struct json_item *arguments = params_at(params, "arguments");
	const char *name = NULL;
	const struct tool *tool;
	int r = params_text(params, "name", &name);

	if (r == 0)
		r = params_wrong(params, "name", "it is missing");
	if (r > 0 && arguments && arguments->kind != JSON_OBJECT)
		r = params_wrong(params, "arguments", "it is not an object");
	tool = r > 0 ? tool_find(name) : NULL;
	if (r > 0 && !tool)
		(void)params_wrong(params, "name", "there is no tool '%s'",
				   name);
	if (!tool) {
		call_refuse(agent, call);
		return;
	}
	params->object = arguments ? json_member(params->values, params->object,
						 "arguments")
				   : 0;
	call->reply.is_tool = true;
	if (tool->fields &&
	    params_check(params, params_next_name, tool->fields) < 0)
		call_refuse(agent, call);
	else
		(void)call_method(agent, call, tool->method); /* It exists. */
}

/* The client has given a call up: it expects no answer, and a fixture that it
 * has no name of is not started. */
static void tools_cancelled(struct agent *agent, struct call *call)
{
	const struct json_item *item = params_at(&call->params, "requestId");
	CLEANUP_FREE char *id = item ? reply_id(item) : NULL;

	for (size_t i = agent->all.count; id && i-- > 0;) {
		struct served *served =
			*(struct served **)list_at(&agent->all, i,
						   sizeof(struct served *));

		if (wait_drop(served, id) == WAIT_STARTED)
			served_stop(served, false);
	}
}

bool tools_call(struct agent *agent, struct call *call, const char *name)
{
	static const struct method methods[] = {
		{ "initialize", tools_initialize, NULL },
		{ "tools/list", tools_list, NULL },
		{ "tools/call", tools_run, NULL },
		{ "notifications/cancelled", tools_cancelled, NULL },
		{ 0 },
	};

	if (strcmp(name, "ping") == 0) {
		answer_done(agent, &call->reply);
		return true;
	}
	for (const struct method *m = methods; m->name; m++)
		if (strcmp(m->name, name) == 0) {
			m->run(agent, call);
			return true;
		}
	return false;
}
