/* SPDX-License-Identifier: MIT */
/*
 * The state of an http: probe: http_parse.c makes it from the probe's
 * text, and http.c sends the requests with it. No other file uses it.
 */
#ifndef JIG_CORE_PROBE_KIND_HTTP_H
#define JIG_CORE_PROBE_KIND_HTTP_H

#include "core/probe/connector.h"
#include "core/probe/ownership.h"
#include "net/http_answer.h"

#define HTTP_STATUSES 8
#define HTTP_OPTIONS                                                           \
	"expect=STATUS, expect=TEXT, method=NAME, header=NAME: VALUE, "        \
	"body=TEXT, owner=any"

struct http_range {
	unsigned first, last;
};

struct http {
	struct endpoint endpoint;
	struct ownership ownership;
	bool remote; /* or owner=any: no ownership is proved */
	struct buffer headers; /* of header=, each behind a CR LF */
	char *host; /* as the request names it */
	char *path;
	char *method; /* NULL: GET, or with a body POST */
	char *body; /* of the request, or NULL */
	char *expect; /* a text of the answer's body, or NULL */
	struct http_range statuses[HTTP_STATUSES]; /* one of them is expected */
	size_t status_count; /* 0: 200 to 399 */
	struct connector connector;
	struct listener listener;
	struct buffer request;
	size_t sent;
	struct http_answer answer;
	size_t searched; /* of the body: no text begins before */
	bool asked; /* the last look was about an answer */
};

/**
 * probe->state from what stands behind the colon, with the whole request.
 * @return  0, -EINVAL or -ENOMEM with the reason.
 */
int http_parse(struct probe *probe, const char *rest, struct fault *fault);

#endif
