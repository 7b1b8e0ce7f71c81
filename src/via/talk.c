// SPDX-License-Identifier: MIT
/*
 * What the agent says: answers to our requests, and notifications about the
 * fixture, jig-agent(7). Before its first answer the transport may print lines
 * of its own (a shell's banner): some of them are skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/wire/error_name.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "via/relay.h"

/* Bytes before the first answer that may be none. */
#define SKIP_MAX 65536

/* How every answer begins. */
#define ANSWER_START "{\"jsonrpc\":"

/* Interval of pings; the agent gives us up after four of them. */
#define PING_US 15000000LL

/* Names and matches that are told. */
#define TOLD_MAX 64

/* A member of an object; 0: it is missing, or another kind. */
static uint32_t talk_object(const struct list *values, uint32_t object,
			    const char *name)
{
	uint32_t index = json_member(values, object, name);

	return index && json_at(values, index)->kind == JSON_OBJECT ? index : 0;
}

static const char *talk_text(const struct list *values, uint32_t object,
			     const char *name)
{
	uint32_t index = json_member(values, object, name);

	return index ? json_plain(json_at(values, index)) : NULL;
}

static int64_t talk_number(const struct list *values, uint32_t object,
			   const char *name)
{
	uint32_t index = json_member(values, object, name);
	const struct json_item *item = index ? json_at(values, index) : NULL;
	char text[24];
	uint64_t number;

	if (!item || item->kind != JSON_NUMBER || item->size >= sizeof(text))
		return 0;
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	return text_number(text, INT32_MAX, &number) < 0 ? 0 : (int64_t)number;
}

/* "0.012000" */
static int64_t talk_seconds(const struct list *values, uint32_t object,
			    const char *name)
{
	uint32_t index = json_member(values, object, name);
	const struct json_item *item = index ? json_at(values, index) : NULL;
	char text[32];
	int64_t us;

	if (!item || item->kind != JSON_NUMBER || item->size >= sizeof(text))
		return 0;
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	return text_duration(text, &us) < 0 ? 0 : us;
}

/* ----------------------------------------------------------------- the start
 */

/* "127.0.0.1:8080" there is "HOST:8080" here. */
static void talk_name(struct relay *relay, const char *name,
		      const char *address, int64_t port)
{
	struct remote_packet packet = { .kind = REMOTE_NAME };
	const char *host = transport_address(relay);
	struct name *told = &packet.name;

	if (name_check(name, strlen(name)) < 0 || port > 65535)
		return;
	text_copy(told->name, sizeof(told->name), name);
	text_copy(told->address, sizeof(told->address), address);
	told->port = (int)port;
	told->fd = -1;
	if (host && port > 0)
		(void)snprintf(told->address, sizeof(told->address),
			       strchr(host, ':') && *host != '[' ? "[%s]:%d"
								 : "%s:%d",
			       host, told->port);
	relay_tell(relay, &packet);
}

static void talk_addresses(struct relay *relay, const struct list *values,
			   uint32_t result)
{
	uint32_t all = talk_object(values, result, "addresses");
	int count = 0;

	for (uint32_t i = all ? json_first(values, all) : 0;
	     i && count < TOLD_MAX; i = json_next(values, all, i), count++) {
		const struct json_item *item = json_at(values, i);
		const char *address = item->kind == JSON_OBJECT
					      ? talk_text(values, i, "address")
					      : NULL;

		if (item->name && address)
			talk_name(relay, item->name, address,
				  talk_number(values, i, "port"));
	}
}

static void talk_started(struct relay *relay, const struct list *values,
			 uint32_t result)
{
	struct remote_packet packet = {
		.kind = REMOTE_STARTED,
		.number = (int32_t)talk_number(values, result, "pid"),
	};

	talk_addresses(relay, values, result);
	relay_tell(relay, &packet);
	relay->state = RELAY_RUNNING;
	if (relay->done == 0)
		relay->deadline_us = -1;
	if (relay->input.is_null)
		relay_input_close(&relay->input);
}

/* The command is not there, or something about it is wrong. */
static void talk_not_started(struct relay *relay, const struct list *values,
			     uint32_t error)
{
	uint32_t data = talk_object(values, error, "data");
	const char *name = data ? talk_text(values, data, "errno") : NULL;
	const char *stage = data ? talk_text(values, data, "stage") : NULL;
	const char *message = talk_text(values, error, "message");
	int r = name ? error_number(name) : -EINVAL;

	if (relay->done > 0) {
		relay_end_stopped(relay);
		return;
	}
	relay_end_refused(relay, r,
			  stage && strcmp(stage, "exec") == 0 ? SPAWN_EXEC
							      : BOARD_NO_STAGE,
			  message ? message : "the start has failed");
}

static bool talk_knows(const struct list *values, uint32_t result,
		       const char *method)
{
	uint32_t array = json_member(values, result, "methods");

	for (uint32_t i = array ? json_first(values, array) : 0; i;
	     i = json_next(values, array, i))
		if (json_is(json_at(values, i), method))
			return true;
	return false;
}

static void talk_greeted(struct relay *relay, const struct list *values,
			 uint32_t result)
{
	relay->is_new = talk_knows(values, result, "close_output");
	relay->state = RELAY_STARTING;
	relay->deadline_us = -1;
	relay->ping_us = clock_in_us(PING_US);
	request_start(relay);
}

static void talk_not_greeted(struct relay *relay, const struct list *values,
			     uint32_t error)
{
	const char *message = talk_text(values, error, "message");
	char why[FAULT_SIZE], shown[256];

	(void)snprintf(why, sizeof(why),
		       "the jig there does not speak our protocol: %s",
		       text_printable(message ? message : "", shown,
				      sizeof(shown)));
	relay_end_refused(relay, -EPROTO, BOARD_NO_STAGE, why);
}

/* ------------------------------------------------------------- notifications
 */

static void talk_output(struct relay *relay, const struct list *values,
			uint32_t params)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };
	const char *stream = talk_text(values, params, "stream");
	uint32_t index = json_member(values, params, "base64");
	const struct json_item *item = index ? json_at(values, index) : NULL;

	if (!stream || !item || item->kind != JSON_STRING ||
	    json_read_base64(item->text, item->size, &bytes) < 0)
		return;
	if (!relay_output_add(relay, strcmp(stream, "stderr") == 0, &bytes))
		relay_end_lost(relay, "the other machine has sent more output "
				      "than jig has room for: what runs there "
				      "is not known");
}

static void talk_ready(struct relay *relay, const struct list *values,
		       uint32_t params)
{
	struct remote_packet packet = {
		.kind = REMOTE_READY,
		.us = talk_seconds(values, params, "after_seconds"),
	};
	uint32_t all = talk_object(values, params, "matches");
	int count = 0;

	if (relay->was_ready)
		return;
	for (uint32_t i = all ? json_first(values, all) : 0;
	     i && count < TOLD_MAX; i = json_next(values, all, i), count++) {
		struct remote_packet match = { .kind = REMOTE_MATCH };
		const struct json_item *item = json_at(values, i);
		const char *text = json_plain(item);

		(void)snprintf(match.text, sizeof(match.text), "%s=%s",
			       item->name, text ? text : "");
		if (text)
			relay_tell(relay, &match);
	}
	relay->was_ready = true;
	relay_tell(relay, &packet);
}

static void talk_unready(struct relay *relay, const char *problem)
{
	if (!problem || relay->was_ready || relay->was_unready ||
	    !relay->order.has_probes)
		return;
	relay->was_unready = true;
	relay_tell_text(relay, REMOTE_UNREADY, problem);
}

static void talk_unhealthy(struct relay *relay, const struct list *values,
			   uint32_t params)
{
	const char *problem = talk_text(values, params, "problem");

	if (relay->was_unhealthy)
		return;
	relay->was_unhealthy = true;
	relay_tell_text(relay, REMOTE_UNHEALTHY, problem ? problem : "");
}

static void talk_ended(struct relay *relay, const struct list *values,
		       uint32_t params)
{
	struct jig_report report;
	uint32_t object = talk_object(values, params, "report");
	const char *problem = talk_text(values, params, "problem");

	talk_unready(relay, problem);
	if (!object)
		relay_end_lost(relay,
			       "the guard of jig on the other machine was "
			       "killed: what runs there is not known");
	else if (via_report_read(values, object, &report) < 0)
		relay_end_lost(relay,
			       "the report of jig on the other machine is "
			       "wrong: what runs there is not known");
	else
		relay_end_report(relay, &report);
}

static void talk_notified(struct relay *relay, const struct list *values,
			  const char *method, uint32_t params)
{
	if (strcmp(method, "output") == 0)
		talk_output(relay, values, params);
	else if (strcmp(method, "ready") == 0)
		talk_ready(relay, values, params);
	else if (strcmp(method, "unhealthy") == 0)
		talk_unhealthy(relay, values, params);
	else if (strcmp(method, "status") == 0)
		talk_unready(relay, talk_text(values, params, "problem"));
	else if (strcmp(method, "ended") == 0)
		talk_ended(relay, values, params);
	/* Others, and those of a newer version, need nothing from us. */
}

/* -------------------------------------------------------------------- lines */

static void talk_answered(struct relay *relay, const struct list *values,
			  int64_t id)
{
	uint32_t result = talk_object(values, 0, "result");
	uint32_t error = talk_object(values, 0, "error");

	if (id == REQUEST_INITIALIZE && relay->state == RELAY_GREETING) {
		if (result)
			talk_greeted(relay, values, result);
		else
			talk_not_greeted(relay, values, error);
	} else if (id == REQUEST_START && relay->state == RELAY_STARTING) {
		if (result)
			talk_started(relay, values, result);
		else
			talk_not_started(relay, values, error);
	} else if (id == REQUEST_WRITE) {
		relay_input_answered(relay, error != 0);
	}
}

/* @return whether it is a message of an agent. */
static bool talk_take(struct relay *relay, char *line, size_t size)
{
	CLEANUP(list_free) struct list values = { 0 };
	struct json_fault fault;
	uint32_t params;
	const char *method;

	if (json_read(line, size, &values, &fault) < 0 ||
	    json_at(&values, 0)->kind != JSON_OBJECT ||
	    !talk_text(&values, 0, "jsonrpc"))
		return false;
	relay->unanswered = 0;
	method = talk_text(&values, 0, "method");
	if (relay->state == RELAY_GREETING && method &&
	    strcmp(method, "initialize") == 0) {
		relay_end_terminal(relay);
		return true;
	}
	params = talk_object(&values, 0, "params");
	if (!method)
		talk_answered(relay, &values, talk_number(&values, 0, "id"));
	else if (params && relay->state >= RELAY_STARTING)
		talk_notified(relay, &values, method, params);
	return true;
}

static void talk_skip(struct relay *relay, const char *line, size_t size)
{
	char why[FAULT_SIZE];

	relay->skipped += size + 1;
	if (*line)
		(void)text_printable(line, relay->seen, sizeof(relay->seen));
	if (relay->skipped <= SKIP_MAX)
		return;
	(void)snprintf(why, sizeof(why),
		       "'%.*s' prints too much that is no answer of jig; the "
		       "last line: %s",
		       128, relay->order.text, relay->seen);
	relay_end_refused(relay, -EPROTO, BOARD_NO_STAGE, why);
}

static void talk_line(struct relay *relay, char *line, size_t size)
{
	bool is_early = relay->state <= RELAY_GREETING;
	/* A banner without a newline stands before it. */
	char *start = is_early ? strstr(line, ANSWER_START) : NULL;

	if (is_early && push_take_line(relay, line))
		return;
	if (start) {
		size -= (size_t)(start - line);
		line = start;
	}
	if (is_early && (!start || relay->state < RELAY_GREETING)) {
		talk_skip(relay, line, size);
		return;
	}
	if (talk_take(relay, line, size) || relay->state == RELAY_ENDED)
		return;
	if (is_early)
		talk_skip(relay, line, size);
	else
		relay_end_lost(relay,
			       "the transport has changed a message of jig "
			       "there: what runs on the other machine is not "
			       "known");
}

static void talk_read_lines(struct relay *relay)
{
	char *line;
	size_t size;
	int r = 1;

	while (r != 0 && relay->state != RELAY_ENDED) {
		if (relay->is_sent && relay->state == RELAY_PUSHING) {
			push_compare(relay);
			if (relay->state == RELAY_PUSHING)
				return;
		}
		r = lines_next(&relay->from, &line, &size);
		if (r > 0)
			talk_line(relay, line, size);
		else if (r < 0 && relay->state <= RELAY_GREETING)
			talk_skip(relay, "", SKIP_MAX);
		else if (r < 0)
			talk_line(relay, (char[]){ "" }, 0);
	}
}

void talk_read(struct relay *relay)
{
	lines_read(&relay->from);
	talk_read_lines(relay);
	/* A line without an end. */
	if (relay->state < RELAY_STARTING && !relay->is_sent &&
	    relay->from.text.used > SKIP_MAX)
		talk_skip(relay, "", SKIP_MAX);
}
