// SPDX-License-Identifier: MIT
/*
 * http:…/PATH [expect=…]: a server of the fixture answers a GET with 200 to
 * 399, or as `expect` has it: a status, or a text in the body's first 64 KiB.
 *
 * First it must be ours that listens there (core/ownership.h); only then it is
 * asked, so that a foreign server never sees a request of ours. An attempt is
 * over within a second, or what was asked for, whatever the server does.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "core/connector.h"
#include "core/ownership.h"

#define HTTP_PORT 80
#define HEAD_MAX 16384
#define BODY_MAX 65536

struct http {
	struct endpoint endpoint;
	struct ownership ownership;
	bool remote;
	char *host; /* as the request names it */
	char *path;
	char *expect; /* a text of the body, or NULL */
	unsigned status; /* that is expected; 0: 200 to 399 */
	struct connector connector;
	struct listener listener;
	struct buffer request;
	size_t sent;
	struct buffer answer;
	bool asked; /* the last look was about an answer */
};

/* The words of an error are the caller's. */
static int copy(const char *text, size_t length, char **ret)
{
	*ret = strndup(text, length);
	return *ret ? 0 : -ENOMEM;
}

/* "unix:/sock:/PATH" without its first word. */
static int parse_unix(struct http *http, const char *text, struct fault *fault)
{
	const char *colon = strstr(text, ":/");
	CLEANUP_FREE char *path = NULL;
	int r;

	if (!colon)
		colon = text + strlen(text);
	r = copy(text, (size_t)(colon - text), &path);
	if (r == 0)
		r = endpoint_parse_unix(path, &http->endpoint, fault);
	if (r == 0)
		r = copy("localhost", 9, &http->host);
	return r < 0 ? r
		     : copy(*colon ? colon + 1 : "/",
			    strlen(*colon ? colon + 1 : "/"), &http->path);
}

/* "HOST:PORT/PATH", "PORT/PATH", "/PATH". */
static int parse_address(struct http *http, const char *text,
			 struct fault *fault)
{
	size_t length = strcspn(text, "/");
	CLEANUP_FREE char *address = NULL;
	const char *path = text[length] ? text + length : "/";
	int r = copy(text, length, &address);

	if (r == 0)
		r = endpoint_parse(address, HTTP_PORT, &http->endpoint, fault);
	if (r < 0)
		return r;
	http->remote = endpoint_is_remote(&http->endpoint);
	if (address[strspn(address, "0123456789")] != '\0')
		r = copy(address, length, &http->host);
	else if (asprintf(&http->host, "localhost:%u", http->endpoint.port) < 0)
		r = -ENOMEM;
	return r < 0 ? r : copy(path, strlen(path), &http->path);
}

static int parse_option(struct http *http, const char *text,
			struct fault *fault)
{
	text += strspn(text, " ");
	if (!*text)
		return 0;
	if (strncmp(text, "expect=", 7) != 0 || !text[7])
		return fault_set(fault, -EINVAL,
				 "'%s' is not expect=STATUS or expect=TEXT",
				 text);
	text += 7;
	if (strlen(text) == 3 && strspn(text, "0123456789") == 3) {
		http->status = (unsigned)atoi(text);
		if (http->status >= 200 && http->status <= 599)
			return 0;
		return fault_set(fault, -EINVAL,
				 "'%s' is no status: 200 to 599", text);
	}
	return copy(text, strlen(text), &http->expect);
}

static int parse_url(struct http *http, const char *url, struct fault *fault)
{
	for (const char *p = url; *p; p++)
		if (iscntrl((unsigned char)*p))
			return fault_set(fault, -EINVAL,
					 "it holds a control character");
	if (strncmp(url, "unix:", 5) == 0)
		return parse_unix(http, url + 5, fault);
	return parse_address(http, strncmp(url, "//", 2) ? url : url + 2,
			     fault);
}

static int parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct http *http = calloc(1, sizeof(*http));
	size_t length = strcspn(rest, " ");
	CLEANUP_FREE char *url = NULL;

	if (!http)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = http;
	http->connector = CONNECTOR_NONE;
	if (length == 0)
		return fault_set(fault, -EINVAL, "it names no address");

	int r = copy(rest, length, &url);

	if (r == 0)
		r = parse_url(http, url, fault);
	if (r == 0)
		r = parse_option(http, rest + length, fault);
	if (r == 0)
		buffer_printf(&http->request,
			      "GET %s HTTP/1.1\r\nHost: %s\r\n"
			      "User-Agent: jig/" JIG_VERSION "\r\n"
			      "Accept: */*\r\nConnection: close\r\n\r\n",
			      http->path, http->host);
	if (r == 0)
		r = http->request.error;
	return r == -ENOMEM ? fault_set(fault, r, "%s", strerror(ENOMEM)) : r;
}

static void say(struct probe *probe, const char *reason)
{
	text_copy(probe->reason, sizeof(probe->reason), reason);
}

/* The attempt is over, and another one follows after a pause. */
static int give_up(struct probe *probe, const char *reason)
{
	struct http *http = probe->state;

	if (reason)
		say(probe, reason);
	connector_close(&http->connector);
	buffer_free(&http->answer);
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
static int receive(struct http *http)
{
	char text[4096];

	while (http->answer.used < HEAD_MAX + BODY_MAX) {
		ssize_t n = recv(http->connector.fd, text, sizeof(text), 0);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n == 0)
			return 1;
		buffer_add(&http->answer, text, (size_t)n);
		if (http->answer.error)
			return http->answer.error;
	}
	return 1;
}

/* "HTTP/1.1 200 OK". @return the status; 0 not there yet; -EPROTO. */
static int status_of(const struct buffer *answer)
{
	static const char name[] = "HTTP/1.";
	size_t known = answer->used < 7 ? answer->used : 7;
	const char *text = answer->text;

	if (known && memcmp(text, name, known) != 0)
		return -EPROTO;
	if (answer->used < 13)
		return 0;
	for (int i = 9; i < 12; i++)
		if (!isdigit((unsigned char)text[i]))
			return -EPROTO;
	return text[8] == ' ' ? atoi(text + 9) : -EPROTO;
}

static bool status_fits(const struct http *http, int status)
{
	return http->status ? status == (int)http->status
			    : status >= 200 && status <= 399;
}

static bool body_fits(const struct http *http)
{
	const char *text = http->answer.text;
	const char *body = memmem(text, http->answer.used, "\r\n\r\n", 4);
	size_t size;

	if (!http->expect)
		return true;
	if (!body)
		return false;
	size = http->answer.used - (size_t)(body - text);
	return memmem(body, size < BODY_MAX ? size : BODY_MAX, http->expect,
		      strlen(http->expect));
}

/* @ended  nothing more will come. @return 1 ready; 0 not (yet). */
static int judge(struct probe *probe, bool ended)
{
	struct http *http = probe->state;
	char reason[PROBE_REASON], text[128];
	int status = status_of(&http->answer);

	if (status < 0)
		return give_up(probe, "the answer is not HTTP");
	if (status == 0)
		return ended ? give_up(probe, "no answer") : 0;
	(void)snprintf(reason, sizeof(reason), "HTTP %d", status);
	if (!status_fits(http, status))
		return give_up(probe, reason);
	if (body_fits(http))
		return 1;
	(void)snprintf(reason, sizeof(reason), "HTTP %d without '%s'", status,
		       text_printable(http->expect, text, sizeof(text)));
	say(probe, reason);
	return ended ? give_up(probe, NULL) : 0;
}

static int be_late(struct probe *probe)
{
	const struct http *http = probe->state;
	char reason[PROBE_REASON], limit[32];

	if (http->answer.used > 0)
		return give_up(probe, NULL);
	(void)snprintf(reason, sizeof(reason), "no answer within %s",
		       probe_limit_text(probe, CONNECTOR_ATTEMPT_US, limit));
	return give_up(probe, reason);
}

static int go_on(struct probe *probe)
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
		r = receive(http);
		if (r >= 0 && http->answer.used + (size_t)r > 0 &&
		    judge(probe, r > 0) == 1)
			return 1;
	}
	if (r < 0)
		return give_up(probe, strerror(-r));
	if (connector_is_late(&http->connector))
		return be_late(probe);
	return 0;
}

static int look(struct probe *probe, const struct probe_view *view,
		struct fault *fault)
{
	struct http *http = probe->state;
	int r = 1;

	if (http->connector.fd < 0 && !http->remote)
		r = ownership_look(&http->ownership, &http->endpoint, view,
				   probe, &http->listener, fault);
	if (r == 1 && !http->asked)
		say(probe, "no answer yet");
	http->asked = r == 1;
	if (r == 1)
		r = go_on(probe);
	if (r == 1)
		(void)give_up(probe, NULL); /* It is over: nothing to redo. */
	return r;
}

static int descriptor(const struct probe *probe, short *ret_events)
{
	const struct http *http = probe->state;
	int fd = connector_descriptor(&http->connector, ret_events);

	if (!http->connector.connected)
		return fd;
	*ret_events = http->sent < http->request.used ? POLLOUT : POLLIN;
	return http->connector.fd;
}

static int64_t interval_us(const struct probe *probe)
{
	const struct http *http = probe->state;

	/* Requests stand in the server's log: fewer of them. */
	return http->asked ? connector_interval_us(&http->connector)
			   : ownership_interval_us(&http->ownership);
}

static bool is_pending(const struct probe *probe)
{
	const struct http *http = probe->state;

	return http->connector.fd >= 0;
}

static void again(struct probe *probe)
{
	struct http *http = probe->state;

	(void)give_up(probe, NULL);
	http->asked = false;
	http->ownership.looks = 0;
}

static void close_http(struct probe *probe)
{
	struct http *http = probe->state;

	if (!http)
		return;
	connector_close(&http->connector);
	buffer_free(&http->request);
	buffer_free(&http->answer);
	free(http->host);
	free(http->path);
	free(http->expect);
	free(http);
	probe->state = NULL;
}

const struct probe_ops probe_http = {
	.kind = "http",
	.form = "http:[HOST:]PORT/PATH or http:unix:SOCKET:/PATH, then "
		"expect=STATUS or expect=TEXT if wanted",
	.parse = parse,
	.look = look,
	.descriptor = descriptor,
	.interval_us = interval_us,
	.is_pending = is_pending,
	.again = again,
	.close = close_http,
};
