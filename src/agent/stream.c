// SPDX-License-Identifier: MIT
/* Requests about what a fixture reads and writes. */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "base/cleanup.h"

/* "text" or "base64". @return 1; 0: neither; or -EINVAL. */
static int write_read(const struct params *params, struct buffer *ret)
{
	const struct json_item *text = params_at(params, "text");
	const struct json_item *base64 = params_at(params, "base64");

	if (text && base64)
		return params_wrong(params, "base64", "text excludes it");
	if (text && text->kind != JSON_STRING)
		return params_wrong(params, "text", "it is not a string");
	if (base64 && (base64->kind != JSON_STRING ||
		       json_read_base64(base64->text, base64->size, ret) < 0))
		return params_wrong(params, "base64", "it is not base64");
	if (text)
		buffer_add(ret, text->text, text->size);
	return text || base64;
}

static void method_write(struct agent *agent, struct call *call)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };
	const struct params *params = &call->params;
	struct served *served;
	bool closes = false;
	int r = params_bool(params, "close", &closes);
	int given = r < 0 ? r : write_read(params, &bytes);

	if (given == 0 && !closes)
		given = params_wrong(params, "text", "it is missing");
	served = call_fixture(agent, call, given);
	if (!served)
		return;
	if (!served->recipe.has_input && !served->recipe.has_terminal) {
		call_failed(agent, call, -EBADF,
			    "its stdin is /dev/null: start it with \"stdin\": "
			    "\"pipe\"");
		return;
	}
	if (closes && served->recipe.has_terminal) {
		(void)params_wrong(params, "close",
				   "a terminal is not closed: write \\u0004");
		call_refuse(agent, call);
		return;
	}
	r = bytes.error ? bytes.error
			: inlet_add(served, &call->reply,
				    bytes.text ? bytes.text : "", bytes.used,
				    closes);
	if (r < 0)
		call_failed(agent, call, r,
			    r == -EAGAIN  ? "it does not read its stdin: wait "
					    "for the answer to the last write"
			    : r == -EPIPE ? "its stdin is closed"
					  : NULL);
}

static void method_resize(struct agent *agent, struct call *call)
{
	struct served *served;
	struct winsize size = { 0 };
	int r = params_size(&call->params, &size);

	served = call_fixture(agent, call, r);
	if (!served)
		return;
	r = served->pty.master < 0 ? -ENOTTY : pty_resize(&served->pty, &size);
	if (r < 0) {
		call_failed(agent, call, r,
			    r == -ENOTTY ? "it has no terminal" : NULL);
		return;
	}
	served->recipe.size = size;
	answer_done(agent, &call->reply);
}

static void method_credit(struct agent *agent, struct call *call)
{
	struct written *written;
	struct served *served;
	uint64_t bytes = 0;
	int r = params_number(&call->params, "bytes", CREDIT_MAX, &bytes);

	if (r == 0)
		r = params_wrong(&call->params, "bytes", "it is missing");
	served = call_fixture(agent, call, r);
	if (!served)
		return;
	written = &served->written;
	if (written->credit >= 0) {
		written->credit += (int64_t)bytes;
		if (written->credit > (int64_t)CREDIT_MAX)
			written->credit = (int64_t)CREDIT_MAX;
	}
	answer_done(agent, &call->reply);
	written_pump(served);
	served_tell_end(served);
}

static void method_close_output(struct agent *agent, struct call *call)
{
	static const char *const names[] = {
		[WRITTEN_OUT] = "stdout",
		[WRITTEN_ERR] = "stderr",
	};
	static const struct words words = WORDS_OF(names);
	int stream = WRITTEN_OUT;
	int r = params_word(&call->params, "stream", &words, &stream);
	struct served *served = call_fixture(agent, call, r);

	if (!served)
		return;
	if (served->recipe.has_terminal) {
		call_failed(agent, call, -EINVAL,
			    "a terminal has no stream that can be closed");
		return;
	}
	taps_hang_up(served, (enum written_stream)stream);
	answer_done(agent, &call->reply);
	served_tell_end(served);
}

static const char *const write_fields[] = { "fixture", "text", "base64",
					    "close", NULL };
static const char *const resize_fields[] = { "fixture", "rows", "columns",
					     NULL };
static const char *const close_fields[] = { "fixture", "stream", NULL };
static const char *const credit_fields[] = { "fixture", "bytes", NULL };

const struct method stream_methods[] = {
	{ "write", method_write, write_fields },
	{ "resize", method_resize, resize_fields },
	{ "credit", method_credit, credit_fields },
	{ "close_output", method_close_output, close_fields },
	{ 0 },
};
