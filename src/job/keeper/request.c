// SPDX-License-Identifier: MIT
/*
 * Requests of a client: the words of its first frame, and the frames after it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "job/ask.h"
#include "job/keeper/parts.h"
#include "screen/replay/replay.h"

/* Rows that are replayed to a terminal whose size is not known. */
#define ROWS 24

struct request {
	struct keeper *keeper;
	struct client *client;
	const char *const *words; /* after the verb; NULL-terminated */
};

static bool keeper_request_has(const struct request *request, const char *word)
{
	for (size_t i = 0; request->words[i]; i++)
		if (strcmp(request->words[i], word) == 0)
			return true;
	return false;
}

/* Only if it is suspended: SIGCONT would undo a Ctrl-Z that arrives now. */
static void continue_job(struct keeper *keeper)
{
	if (keeper->job.record->state != JIG_JOB_STOPPED && !keeper->frozen)
		return;
	if (keeper->frozen)
		guard_signal(keeper->guard, SIGCONT, JIG_TARGET_ALL);
	keeper->frozen = false;
	guard_continue(keeper->guard);
}

/* For a job without a terminal: the bytes as they are. */
static int keeper_request_last_lines(struct keeper *keeper,
				     const struct client *client,
				     struct buffer *ret)
{
	unsigned rows = client->size.ws_row ? client->size.ws_row : ROWS;

	return ring_tail(keeper->capture->ring, rows, ret);
}

static int last_screen(struct keeper *keeper, const struct client *client,
		       struct buffer *ret, bool *ret_drawn)
{
	CLEANUP(buffer_free) struct buffer past = { 0 };
	int r = ring_tail(keeper->capture->ring, 0, &past);
	const struct replay replay = {
		.bytes = past.text ? past.text : "",
		.size = past.used,
		.rows = client->size.ws_row,
		.columns = client->size.ws_col,
	};

	return r < 0 ? r
		     : replay_attach(&keeper->screen, &replay, ret, ret_drawn);
}

/* @whole  the whole ring; else the last screenful, so that the user sees the
 * state of the job. @return whether the replay is complete. */
static bool replay(struct keeper *keeper, struct client *client, bool whole)
{
	CLEANUP(buffer_free) struct buffer shown = { 0 };
	bool drawn = true;
	int r = whole ? ring_tail(keeper->capture->ring, 0, &shown)
		: keeper->pty.master < 0
			? keeper_request_last_lines(keeper, client, &shown)
			: last_screen(keeper, client, &shown, &drawn);

	client->at = ring_total(keeper->capture->ring);
	if (r < 0 || shown.error)
		return false;
	if (client->raw)
		buffer_add(&client->out, shown.text, shown.used);
	else
		frame_add(&client->out, FRAME_OUT, shown.text, shown.used);
	return drawn;
}

/* A client in the foreground also learns of a suspension before its attach. */
static void end_if_suspended(const struct keeper *keeper, struct client *client)
{
	if (keeper->job.record->state != JIG_JOB_STOPPED)
		return;
	client->until = client->at;
	client_end(client, 128 + keeper->job.record->stop_signal);
}

static void keeper_request_do_attach(const struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct client *client = request->client;

	client->kind = CLIENT_ATTACHED;
	client->read_only = keeper_request_has(request, "read-only");
	client->foreground = keeper_request_has(request, "foreground");
	keeper->newest_size = keeper_request_has(request, "newest");
	for (size_t i = 0; request->words[i]; i++)
		(void)pty_size_parse(request->words[i], &client->size);
	if (keeper_request_has(request, "raw")) {
		unsigned char ok = 0;

		frame_add(&client->out, FRAME_STATUS, &ok, 1);
		client->raw = true;
	} else if (keeper->pty.master >= 0) {
		frame_add(&client->out, FRAME_RAW, NULL, 0);
	}
	if (replay(keeper, client, keeper_request_has(request, "whole")))
		flow_resize(keeper);
	else
		flow_redraw(keeper);
	if (keeper_request_has(request, "continue"))
		continue_job(keeper);
	else if (client->foreground)
		end_if_suspended(keeper, client);
}

/* logs LINES [follow] */
static void keeper_request_do_logs(const struct request *request)
{
	struct keeper *keeper = request->keeper;
	struct client *client = request->client;
	CLEANUP(buffer_free) struct buffer past = { 0 };
	uint64_t lines = 0, total = ring_total(keeper->capture->ring);
	const char *wanted = request->words[0];

	client->kind = CLIENT_FOLLOWING;
	client->at = total;
	if (!wanted || (strcmp(wanted, "all") != 0 &&
			text_number(wanted, UINT32_MAX, &lines) < 0)) {
		client_refuse(client, "logs: the first word is not a number of "
				      "lines, or 'all'");
		return;
	}
	if (lines > 0 || strcmp(wanted, "all") == 0)
		(void)ring_tail(keeper->capture->ring, (unsigned)lines, &past);
	/* Even if it is empty: the client then knows that it is served. */
	frame_add(&client->out, FRAME_OUT, past.text, past.used);
	if (!keeper_request_has(request, "follow")) {
		client->until = total;
		client_end(client, 0);
	}
}

static void do_wait(const struct request *request)
{
	request->client->kind = CLIENT_WAITING;
}

static void do_input(const struct request *request)
{
	if (request->keeper->pty.master < 0)
		client_refuse(request->client, "it has no terminal");
	else
		request->client->kind = CLIENT_TYPING;
}

static void keeper_request_do_stop(const struct request *request)
{
	guard_stop(request->keeper->guard, JIG_REASON_STOP);
	client_end(request->client, 0);
}

static void do_hurry(const struct request *request)
{
	guard_hurry(request->keeper->guard, 0);
	client_end(request->client, 0);
}

static void do_continue(const struct request *request)
{
	continue_job(request->keeper);
	client_end(request->client, 0);
}

static void do_suspend(const struct request *request)
{
	(void)signal_foreground(request->keeper, SIGTSTP);
	client_end(request->client, 0);
}

/* signal NAME foreground|all */
static void do_signal(const struct request *request)
{
	struct keeper *keeper = request->keeper;
	int signo = request->words[0] ? text_signal(request->words[0]) : -1;

	if (signo < 0) {
		client_refuse(request->client, "no such signal");
		return;
	}
	int r = keeper_request_has(request, "all")
			? (signal_all(keeper, signo), 0)
			: signal_foreground(keeper, signo);

	if (signal_wakes(keeper, signo))
		continue_job(keeper);
	client_end(request->client, r == -EPERM ? ASK_DENIED : 0);
}

/* Raw clients cannot send their size themselves, because all that they send is
 * input. @return whether there are raw clients. */
static bool resize_raw(struct keeper *keeper, const struct winsize *size)
{
	bool any = false;

	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		if (client->kind != CLIENT_ATTACHED || !client->raw)
			continue;
		client->size = *size;
		any = true;
	}
	return any;
}

/* resize ROWSxCOLUMNS */
static void do_resize(const struct request *request)
{
	struct winsize size;

	if (request->keeper->pty.master < 0)
		client_refuse(request->client, "it has no terminal");
	else if (!request->words[0] ||
		 pty_size_parse(request->words[0], &size) < 0)
		client_refuse(request->client, "no size");
	else if (resize_raw(request->keeper, &size))
		flow_resize(request->keeper);
	else
		(void)pty_resize(&request->keeper->pty, &size); /* Valid. */
	client_end(request->client, 0);
}

static const struct {
	const char *name;
	void (*function)(const struct request *request);
} requests[] = {
	{ "attach", keeper_request_do_attach },
	{ "logs", keeper_request_do_logs },
	{ "wait", do_wait },
	{ "input", do_input },
	{ "stop", keeper_request_do_stop },
	{ "hurry", do_hurry },
	{ "continue", do_continue },
	{ "suspend", do_suspend },
	{ "signal", do_signal },
	{ "resize", do_resize },
};

/* Before the start and after the end of the job: only `wait`, and after the end
 * `logs`. A client that has started a short job may attach too late: it gets
 * the output and the status all the same. */
static int take_late(const struct request *request, const char *verb)
{
	int code = request->keeper->code;

	if (strcmp(verb, "logs") == 0 && code >= 0) {
		keeper_request_do_logs(
			request); /* The ring exists until the keeper exits. */
		client_end(request->client, code);
	} else if (strcmp(verb, "attach") == 0 && code >= 0 &&
		   keeper_request_has(request, "begun")) {
		(void)replay(request->keeper, request->client, true);
		client_end(request->client, code);
	} else if (strcmp(verb, "wait") != 0) {
		client_end(request->client,
			   code < 0 ? ASK_NOT_STARTED : ASK_REFUSED);
		client_refuse(request->client, "it %s",
			      code < 0 ? "has not started yet" : "has ended");
	} else if (code >= 0) {
		client_end(request->client, code);
	} else {
		do_wait(request);
	}
	return 0;
}

static int keeper_request_take_words(struct keeper *keeper,
				     struct client *client,
				     const struct frame *frame)
{
	CLEANUP(list_free) struct list words = { 0 };
	int r = frame_words(frame, &words);

	if (r < 0)
		return r;
	const char *const *argv = words.items;
	struct request request = { keeper, client, argv + 1 };

	if (!keeper->guard)
		return take_late(&request, argv[0]);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(requests[i].name, argv[0]) != 0)
			continue;
		requests[i].function(&request);
		return 0;
	}
	client_refuse(client, "unknown request");
	return 0;
}

static void keeper_request_take_size(struct keeper *keeper,
				     struct client *client,
				     const struct frame *frame)
{
	const unsigned char *bytes = (const unsigned char *)frame->payload;

	client->size = (struct winsize){
		.ws_row = (unsigned short)(bytes[0] | bytes[1] << 8),
		.ws_col = (unsigned short)(bytes[2] | bytes[3] << 8),
	};
	flow_resize(keeper);
}

int request_take(struct keeper *keeper, struct client *client,
		 const struct frame *frame)
{
	bool types = client->kind == CLIENT_ATTACHED ||
		     client->kind == CLIENT_TYPING;

	if (client->status >= 0)
		return 0; /* Its answer is on the way. */
	switch (frame->kind) {
	case FRAME_WORDS:
		return client->kind == CLIENT_ASKING
			       ? keeper_request_take_words(keeper, client,
							   frame)
			       : -EBADMSG;
	case FRAME_INPUT:
		if (!types)
			return -EBADMSG;
		if (!keeper->guard)
			client_refuse(client, "job has terminated");
		else if (!client->read_only)
			flow_type(keeper, frame->payload, frame->size);
		return 0;
	case FRAME_RESIZE:
		if (client->kind != CLIENT_ATTACHED)
			return -EBADMSG;
		keeper_request_take_size(keeper, client, frame);
		return 0;
	default:
		return -EBADMSG;
	}
}
