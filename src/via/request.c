// SPDX-License-Identifier: MIT
/* Requests to the agent, jig-agent(7), and their way into the transport. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "via/relay.h"

/* The latest version of the protocol that we know. */
#define PROTOCOL 1

/* Without a line from us for this time, the agent takes us for dead. */
#define KEEP_ALIVE "60s"

/* Bytes of output that are on their way or wait here. */
#define CREDIT 1048576

void request_begin(struct json *json, const char *method, int id)
{
	json->is_line = true;
	json_open(json, NULL, '{');
	json_string(json, "jsonrpc", "2.0");
	if (id > 0)
		json_number(json, "id", id);
	json_string(json, "method", method);
	json_open(json, "params", '{');
}

void request_send(struct relay *relay, struct json *json)
{
	json_close(json, '}');
	json_close(json, '}');
	buffer_add(&json->out, "\n", 1);
	if (json->out.error)
		relay->out.error = json->out.error;
	else
		buffer_add(&relay->out, json->out.text, json->out.used);
	buffer_free(&json->out);
	request_flush(relay);
}

static void request_begin_ours(struct json *json, const char *method, int id)
{
	request_begin(json, method, id);
	json_string(json, "fixture", "command");
}

void request_initialize(struct relay *relay)
{
	struct json json = { 0 };

	request_begin(&json, "initialize", REQUEST_INITIALIZE);
	json_number(&json, "protocol", PROTOCOL);
	json_string(&json, "client", "jig run --via");
	json_string(&json, "keep_alive", KEEP_ALIVE);
	request_send(relay, &json);
}

void request_start(struct relay *relay)
{
	struct json json = { 0 };

	request_begin_ours(&json, "start", REQUEST_START);
	json_string(&json, "stdin", relay->input.is_null ? "null" : "pipe");
	json_string(&json, "output", "events");
	json_string(&json, "stderr", relay->is_merged ? "merge" : "separate");
	json_string(&json, "encoding", "base64");
	json_string(&json, "overflow", "wait");
	json_number(&json, "credit", CREDIT);
	relay->credit = CREDIT;
	json_number(&json, "ring_size", CREDIT);
	/* Members, as cli/run/option/via.c has written them. */
	buffer_add(&json.out, ",", 1);
	buffer_add(&json.out, relay->order.start, strlen(relay->order.start));
	request_send(relay, &json);
}

void request_signal(struct relay *relay, int signo, bool to_all)
{
	struct json json = { 0 };

	request_begin_ours(&json, "signal", 0);
	json_number(&json, "signal", signo);
	json_string(&json, "to", to_all ? "all" : "main");
	request_send(relay, &json);
}

void request_stop(struct relay *relay, int signo, bool hurries)
{
	struct json json = { 0 };

	request_begin_ours(&json, "stop", 0);
	if (signo > 0)
		json_number(&json, "signal", signo);
	if (hurries)
		json_bool(&json, "hurry", true);
	request_send(relay, &json);
}

void request_credit(struct relay *relay, uint64_t bytes)
{
	struct json json = { 0 };

	request_begin_ours(&json, "credit", 0);
	json_number(&json, "bytes", (int64_t)bytes);
	relay->credit += bytes;
	request_send(relay, &json);
}

void request_ping(struct relay *relay, int64_t keep_alive_us)
{
	struct json json = { 0 };

	request_begin(&json, "ping", REQUEST_PING);
	if (keep_alive_us == 0)
		json_number(&json, "keep_alive", 0);
	else if (keep_alive_us > 0)
		json_string(&json, "keep_alive", KEEP_ALIVE);
	request_send(relay, &json);
}

void request_flush(struct relay *relay)
{
	size_t done = 0;

	while (relay->to >= 0 && done < relay->out.used) {
		ssize_t n = RETRY(write(relay->to, relay->out.text + done,
					relay->out.used - done));

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) { /* Its end of file follows. */
			cleanup_close(&relay->to);
			break;
		}
		done += (size_t)n;
	}
	buffer_drop(&relay->out, done);
}
