// SPDX-License-Identifier: MIT
/*
 * http:…/PATH [OPTION…]: a server of the fixture answers a request with 200 to
 * 399, or as `expect` has it: a status such as 204 or 4xx, or a text in the
 * body's first 64 KiB. The request is a GET without a body, unless method=,
 * header= and body= say otherwise. http_parse.c has all options.
 *
 * First a process of the fixture must be the listener (core/probe/ownership.h).
 * Only then the request is sent, so a foreign server never sees one. An attempt
 * has a limit of one second, or the one that was requested, whatever the server
 * does.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "core/probe/kind/http.h"

static void probe_http_say(struct probe *probe, const char *reason)
{
	text_copy(probe->reason, sizeof(probe->reason), reason);
}

/* The attempt is over, and another one follows after a pause. */
static int probe_http_give_up(struct probe *probe, const char *reason)
{
	struct http *http = probe->state;

	if (reason)
		probe_http_say(probe, reason);
	connector_close(&http->connector);
	http_answer_clear(&http->answer);
	http->searched = 0;
	http->sent = 0;
	return 0;
}

/* @return 1 sent; 0 it cannot be sent now; -errno. */
static int send_request(struct http *http)
{
	while (http->sent < http->request.used) {
		ssize_t n = send(http->connector.fd,
				 http->request.text + http->sent,
				 http->request.used - http->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		http->sent += (size_t)n;
	}
	return 1;
}

/* @return 1 that was all; 0 more may come; -errno. */
static int probe_http_receive(struct http *http)
{
	char text[4096];

	while (http->answer.part < HTTP_DONE) {
		ssize_t n = recv(http->connector.fd, text, sizeof(text), 0);
		int r;

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n == 0)
			return 1;
		r = http_answer_take(&http->answer, text, (size_t)n);
		if (r < 0)
			return r;
	}
	return 1;
}

static bool status_fits(const struct http *http, int status)
{
	for (size_t i = 0; i < http->status_count; i++)
		if (status >= (int)http->statuses[i].first &&
		    status <= (int)http->statuses[i].last)
			return true;
	return http->status_count == 0 && status >= 200 && status <= 399;
}

/* Each byte of the body is searched once, and what may have begun before. */
static bool body_fits(struct http *http)
{
	const struct buffer *body = &http->answer.body;
	size_t length = http->expect ? strlen(http->expect) : 0;
	size_t begin = http->searched;

	if (!http->expect)
		return true;
	if (body->used < length)
		return false;
	http->searched = body->used - length + 1;
	return memmem(body->text + begin, body->used - begin, http->expect,
		      length);
}

/* @ended  nothing more will come. @return 1 ready; 0 not (yet). */
static int probe_http_judge(struct probe *probe, bool ended)
{
	struct http *http = probe->state;
	char reason[PROBE_REASON], text[128];
	int status = http->answer.status;

	bool broken = http->answer.part == HTTP_BROKEN;

	if (status == 0 && broken)
		return probe_http_give_up(probe, "the answer is not HTTP");
	if (status == 0)
		return ended ? probe_http_give_up(probe, "no answer") : 0;
	(void)snprintf(reason, sizeof(reason), "HTTP %d%s", status,
		       broken ? ", then what is not HTTP" : "");
	if (!http_answer_is_final(&http->answer))
		return ended ? probe_http_give_up(probe, reason) : 0;
	if (!status_fits(http, status))
		return probe_http_give_up(probe, reason);
	if (body_fits(http))
		return 1;
	(void)snprintf(reason, sizeof(reason), "HTTP %d%s without '%s'", status,
		       broken ? ", broken," : "",
		       text_printable(http->expect, text, sizeof(text)));
	probe_http_say(probe, reason);
	return ended ? probe_http_give_up(probe, NULL) : 0;
}

static int be_late(struct probe *probe)
{
	const struct http *http = probe->state;
	char reason[PROBE_REASON], limit[32];

	if (http->answer.all > 0)
		return probe_http_give_up(probe, NULL);
	(void)snprintf(reason, sizeof(reason), "no answer within %s",
		       probe_limit_text(probe, CONNECTOR_ATTEMPT_US, limit));
	return probe_http_give_up(probe, reason);
}

static int probe_http_go_on(struct probe *probe)
{
	struct http *http = probe->state;

	http->connector.attempt_us =
		probe_limit_us(probe, CONNECTOR_ATTEMPT_US);
	int r = connector_look(&http->connector, &http->endpoint,
			       http->remote ? NULL : &http->listener,
			       probe->reason);

	if (r == 0)
		return 0;
	r = send_request(http);
	if (r > 0) {
		r = probe_http_receive(http);
		if (r >= 0 && http->answer.all + (size_t)r > 0 &&
		    probe_http_judge(probe, r > 0) == 1)
			return 1;
	}
	if (r < 0)
		return probe_http_give_up(probe, strerror(-r));
	if (connector_is_late(&http->connector))
		return be_late(probe);
	return 0;
}

static int probe_http_look(struct probe *probe, const struct probe_view *view,
			   struct fault *fault)
{
	struct http *http = probe->state;
	int r = 1;

	if (http->connector.fd < 0 && !http->remote)
		r = ownership_look(&http->ownership, &http->endpoint, view,
				   probe, &http->listener, fault);
	if (r == 1 && !http->asked)
		probe_http_say(probe, "no answer yet");
	http->asked = r == 1;
	if (r == 1)
		r = probe_http_go_on(probe);
	if (r == 1)
		(void)probe_http_give_up(
			probe, NULL); /* It is over: nothing to redo. */
	return r;
}

static int probe_http_descriptor(const struct probe *probe, short *ret_events)
{
	const struct http *http = probe->state;
	int fd = connector_descriptor(&http->connector, ret_events);

	if (!http->connector.connected)
		return fd;
	*ret_events = http->sent < http->request.used ? POLLOUT : POLLIN;
	return http->connector.fd;
}

static int64_t probe_http_interval_us(const struct probe *probe)
{
	const struct http *http = probe->state;

	/* Requests stand in the server's log: fewer of them. */
	return http->asked ? connector_interval_us(&http->connector)
			   : ownership_interval_us(&http->ownership);
}

static bool probe_http_is_pending(const struct probe *probe)
{
	const struct http *http = probe->state;

	return http->connector.fd >= 0;
}

static void probe_http_again(struct probe *probe)
{
	struct http *http = probe->state;

	(void)probe_http_give_up(probe, NULL);
	http->asked = false;
	http->ownership.looks = 0;
}

static int probe_http_occupied(const struct probe *probe,
			       const struct probe_view *view,
			       struct fault *fault)
{
	const struct http *http = probe->state;
	bool any = http->remote;

	return ownership_occupied(&http->ownership, &http->endpoint, view,
				  probe->text, any, fault);
}

static void close_http(struct probe *probe)
{
	struct http *http = probe->state;

	if (!http)
		return;
	connector_free(&http->connector);
	ownership_free(&http->ownership);
	buffer_free(&http->headers);
	buffer_free(&http->request);
	http_answer_clear(&http->answer);
	free(http->host);
	free(http->path);
	free(http->method);
	free(http->body);
	free(http->expect);
	free(http);
	probe->state = NULL;
}

const struct probe_ops probe_http = {
	.kind = "http",
	.form = "http:[HOST:]PORT/PATH or http:unix:SOCKET:/PATH, "
		"then " HTTP_OPTIONS " if wanted",
	.parse = http_parse,
	.look = probe_http_look,
	.descriptor = probe_http_descriptor,
	.interval_us = probe_http_interval_us,
	.is_pending = probe_http_is_pending,
	.again = probe_http_again,
	.occupied = probe_http_occupied,
	.close = close_http,
};
