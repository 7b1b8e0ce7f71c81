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

#include "base/text/json.h"
#include "core/shared/report.h"

/** Begin a notification: its method, and its params so far: the fixture.
 * @fixture  NULL: it is about none. */
void event_begin(struct json *json, const char *method, const char *fixture);
/** End it. */
void event_end(struct json *json);

/** @text  one word or sentence, in a field of this name; NULL: not known. */
void event_text(struct json *json, const char *field, const char *text);

/** "addresses": {NAME: {"address": …, "port": …}}. @names  of struct name. */
void event_addresses(struct json *json, const struct list *names);

/** "matches": {GROUP: TEXT}. @matches  of char *: "GROUP=TEXT". */
void event_matches(struct json *json, const struct list *matches);

/** "code", "report". @report  NULL: it is not known. */
void event_report(struct json *json, const struct jig_report *report);

/** Whole notifications. */
void event_started(struct json *json, const char *fixture, pid_t pid,
		   const struct list *names);
void event_ready(struct json *json, const char *fixture, int64_t after_us,
		 const struct list *names, const struct list *matches);

#endif
