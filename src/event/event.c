// SPDX-License-Identifier: MIT
#include "event/event.h"

#include <errno.h>
#include <string.h>

#include "net/names.h"

void event_begin(struct json *json, const char *method, const char *fixture)
{
	json->is_line = true;
	json_open(json, NULL, '{');
	json_string(json, "jsonrpc", "2.0");
	json_string(json, "method", method);
	json_open(json, "params", '{');
	if (fixture)
		json_string(json, "fixture", fixture);
}

void event_end(struct json *json)
{
	json_close(json, '}');
	json_close(json, '}');
	buffer_add(&json->out, "\n", 1);
	json->comma = false;
}

void event_addresses(struct json *json, const struct list *names)
{
	json_open(json, "addresses", '{');
	for (size_t i = 0; names && i < names->count; i++) {
		const struct name *name = list_at(names, i, sizeof(*name));

		json_open(json, name->name, '{');
		json_string(json, "address", name->address);
		if (name->port)
			json_number(json, "port", name->port);
		else
			json_null(json, "port");
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void event_add_match(struct json *json, const char *match)
{
	const char *equals = strchr(match, '=');
	CLEANUP_FREE char *group =
		equals ? strndup(match, (size_t)(equals - match)) : NULL;

	if (!group)
		json->out.error = json->out.error ? json->out.error : -ENOMEM;
	else
		json_string(json, group, equals + 1);
}

/* @matches  of char *: "GROUP=TEXT". */
static void event_add_matches(struct json *json, const struct list *matches)
{
	json_open(json, "matches", '{');
	for (size_t i = 0; matches && i < matches->count; i++)
		event_add_match(json,
				*(char **)list_at(matches, i, sizeof(char *)));
	json_close(json, '}');
}

void event_report(struct json *json, int code, const struct buffer *report)
{
	if (code >= 0)
		json_number(json, "code", code);
	else
		json_null(json, "code");
	if (report->used > 0)
		json_value(json, "report", report->text, report->used);
	else
		json_null(json, "report");
	if (report->error)
		json->out.error = report->error;
}

void event_started(struct json *json, const char *fixture, pid_t pid,
		   const struct list *names)
{
	event_begin(json, "started", fixture);
	json_number(json, "pid", pid);
	event_addresses(json, names);
	event_end(json);
}

void event_ready(struct json *json, const char *fixture, int64_t after_us,
		 const struct list *names, const struct list *matches)
{
	event_begin(json, "ready", fixture);
	json_seconds(json, "after_seconds", after_us);
	event_addresses(json, names);
	event_add_matches(json, matches);
	event_end(json);
}
