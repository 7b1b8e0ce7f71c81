/* SPDX-License-Identifier: MIT */
/*
 * Notifications about a fixture: what `jig agent` and --events write, one JSON
 * object a line. jig-agent(7) and docs/agent.schema.json describe them.
 *
 * Invariant: a line is complete, with its newline, and is JSON in UTF-8. When
 * an event is written, and where to, does not belong here.
 */
#ifndef JIG_EVENT_EVENT_H
#define JIG_EVENT_EVENT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/text/json.h"

/** Begin a notification: its method, and its params so far: the fixture.
 * @fixture  NULL: it is about none. */
void event_begin(struct json *json, const char *method, const char *fixture);
/** End it. */
void event_end(struct json *json);

/** "addresses": {NAME: {"address": …, "port": …}}. @names  of struct name. */
void event_addresses(struct json *json, const struct list *names);

/**
 * "code", "report".
 * @code    -1: it is not known.
 * @report  JSON of report_json(); empty: it is not known.
 */
void event_report(struct json *json, int code, const struct buffer *report);

/** Whole notifications. */
void event_started(struct json *json, const char *fixture, pid_t pid,
		   const struct list *names);
void event_ready(struct json *json, const char *fixture, int64_t after_us,
		 const struct list *names, const struct list *matches);

#endif
