// SPDX-License-Identifier: MIT
/*
 * The text of an http: probe: an address, a path, and its options.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/probe/kind/http.h"

#define HTTP_PORT 80
#define HTTP_BLANKS " \t\n" /* a long probe may stand on several lines */

/* The words of an error are the caller's. */
static int copy(const char *text, size_t length, char **ret)
{
	*ret = strndup(text, length);
	return *ret ? 0 : -ENOMEM;
}

/* "unix:/sock:/PATH" without its first word. */
static int probe_http_parse_parse_unix(struct http *http, const char *text,
				       struct fault *fault)
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
static int probe_http_parse_parse_address(struct http *http, const char *text,
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

/* "404", "40x", "4xx": digits, and then any. */
static bool is_status(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return strlen(text) == 3 && digits > 0 &&
	       digits + strspn(text + digits, "x") == 3;
}

static int take_expected_status(struct http *http, const char *text,
				struct fault *fault)
{
	struct http_range range = { 0 };

	for (const char *c = text; *c; c++) {
		range.first =
			range.first * 10 + (unsigned)(*c == 'x' ? 0 : *c - '0');
		range.last =
			range.last * 10 + (unsigned)(*c == 'x' ? 9 : *c - '0');
	}
	if (range.first < 200 || range.last > 599)
		return fault_set(fault, -EINVAL,
				 "'%s' is not a status: 200 to 599", text);
	if (http->status_count == HTTP_STATUSES)
		return fault_set(fault, -EINVAL,
				 "it expects more than %d statuses",
				 HTTP_STATUSES);
	http->statuses[http->status_count++] = range;
	return 0;
}

static int take_expect(struct http *http, const char *text, struct fault *fault)
{
	if (is_status(text))
		return take_expected_status(http, text, fault);
	if (http->expect)
		return fault_set(fault, -EINVAL, "it expects two texts");
	return copy(text, strlen(text), &http->expect);
}

/* Methods are case-sensitive, and all that are registered are in capitals. */
static int take_method(struct http *http, const char *text, struct fault *fault)
{
	if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] != '\0')
		return fault_set(fault, -EINVAL,
				 "'%s' is not a method such as HEAD", text);
	if (http->method)
		return fault_set(fault, -EINVAL, "it has two methods");
	return copy(text, strlen(text), &http->method);
}

static int take_content(struct http *http, const char *text,
			struct fault *fault)
{
	if (http->body)
		return fault_set(fault, -EINVAL, "it has two bodies");
	return copy(text, strlen(text), &http->body);
}

/* A newline would end the request's line, or a header. */
static int check_text(const char *text, struct fault *fault)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return fault_set(fault, -EINVAL,
					 "it holds a control character");
	return 0;
}

static bool is_token(const char *text, size_t length)
{
	static const char marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(marks, text[i]))
			return false;
	return length > 0;
}

static int probe_http_parse_take_header(struct http *http, const char *text,
					struct fault *fault)
{
	size_t length = strcspn(text, ":");
	bool host = length == 4 && strncasecmp(text, "Host", 4) == 0;
	int r = check_text(text, fault);

	if (r < 0)
		return r;
	if (!text[length] || !is_token(text, length))
		return fault_set(
			fault, -EINVAL,
			"'%s' is not a header such as Accept: text/html", text);
	if (host) { /* There must be one alone. */
		free(http->host);
		http->host = NULL;
		text += 5 + strspn(text + 5, " ");
		return copy(text, strlen(text), &http->host);
	}
	buffer_printf(&http->headers, "\r\n%s", text);
	return http->headers.error;
}

static int probe_http_parse_take_owner(struct http *http, const char *text,
				       struct fault *fault)
{
	http->remote = true;
	return strcmp(text, "any") == 0
		       ? 0
		       : fault_set(fault, -EINVAL, "'%s' is not any", text);
}

static const struct http_option {
	const char *name;
	int (*take)(struct http *http, const char *text, struct fault *fault);
} http_options[] = {
	{ "expect=", take_expect },
	{ "method=", take_method },
	{ "header=", probe_http_parse_take_header },
	{ "body=", take_content },
	{ "owner=", probe_http_parse_take_owner },
};

static const struct http_option *find_option(const char *text)
{
	size_t count = sizeof(http_options) / sizeof(http_options[0]);

	for (size_t i = 0; i < count; i++)
		if (strncmp(text, http_options[i].name,
			    strlen(http_options[i].name)) == 0)
			return &http_options[i];
	return NULL;
}

/* The length of an option: up to blanks and the next option. */
static size_t option_length(const char *text)
{
	size_t length = 0, blanks;

	for (; text[length]; length++) {
		blanks = strspn(text + length, HTTP_BLANKS);
		if (blanks > 0 && find_option(text + length + blanks))
			break;
	}
	return length;
}

static int parse_options(struct http *http, const char *text,
			 struct fault *fault)
{
	int r = 0;

	for (text += strspn(text, HTTP_BLANKS); r == 0 && *text;
	     text += strspn(text, HTTP_BLANKS)) {
		const struct http_option *option = find_option(text);
		size_t length = option_length(text);
		CLEANUP_FREE char *value = NULL;

		if (!option || length <= strlen(option->name))
			return fault_set(fault, -EINVAL,
					 "'%s' is none of " HTTP_OPTIONS, text);
		r = copy(text + strlen(option->name),
			 length - strlen(option->name), &value);
		if (r == 0)
			r = option->take(http, value, fault);
		text += length;
	}
	return r;
}

static int parse_url(struct http *http, const char *url, struct fault *fault)
{
	if (strncmp(url, "unix:", 5) == 0)
		return probe_http_parse_parse_unix(http, url + 5, fault);
	return probe_http_parse_parse_address(http,
					      strncmp(url, "//", 2) ? url
								    : url + 2,
					      fault);
}

/* Of a header=. */
static bool has_header(const struct http *http, const char *name)
{
	char begin[32];

	(void)snprintf(begin, sizeof(begin), "\r\n%s:", name);
	return http->headers.text && strcasestr(http->headers.text, begin);
}

/* Unless a header= has it. */
static void add_default(struct http *http, const char *name, const char *value)
{
	if (!has_header(http, name))
		buffer_printf(&http->request, "\r\n%s: %s", name, value);
}

/* RFC 9110, 8.6: these have a body, an empty one if nothing else. */
static bool has_content(const struct http *http, const char *method)
{
	return http->body || strcmp(method, "POST") == 0 ||
	       strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

static int make_request(struct http *http, struct fault *fault)
{
	const char *method = http->method ? http->method
			     : http->body ? "POST"
					  : "GET";
	const char *body = http->body ? http->body : "";

	if (http->expect && strcmp(method, "HEAD") == 0)
		return fault_set(fault, -EINVAL,
				 "it expects a text, and the answer to HEAD "
				 "has no body");
	buffer_printf(&http->request, "%s %s HTTP/1.1\r\nHost: %s", method,
		      http->path, http->host);
	add_default(http, "User-Agent", "jig/" JIG_VERSION);
	add_default(http, "Accept", "*/*");
	add_default(http, "Connection", "close");
	buffer_printf(&http->request, "%s",
		      http->headers.text ? http->headers.text : "");
	/* RFC 9112, 6.2: there is only one, and none beside an encoding. */
	if (has_content(http, method) && !has_header(http, "Content-Length") &&
	    !has_header(http, "Transfer-Encoding"))
		buffer_printf(&http->request, "\r\nContent-Length: %zu",
			      strlen(body));
	buffer_printf(&http->request, "\r\n\r\n%s", body);
	return http->request.error;
}

int http_parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct http *http = calloc(1, sizeof(*http));
	size_t length = strcspn(rest, HTTP_BLANKS);
	CLEANUP_FREE char *url = NULL;

	if (!http)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = http;
	http->connector = CONNECTOR_NONE;
	if (length == 0)
		return fault_set(fault, -EINVAL, "it names no address");

	int r = copy(rest, length, &url);

	if (r == 0)
		r = check_text(url, fault);
	if (r == 0)
		r = parse_url(http, url, fault);
	if (r == 0)
		r = parse_options(http, rest + length, fault);
	if (r == 0)
		r = make_request(http, fault);
	return r == -ENOMEM ? fault_set(fault, r, "%s", strerror(ENOMEM)) : r;
}
