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

static int take_expect(struct http *http, const char *text, struct fault *fault)
{
	if (strlen(text) == 3 && strspn(text, "0123456789") == 3) {
		http->status = (unsigned)atoi(text);
		if (http->status >= 200 && http->status <= 599)
			return 0;
		return fault_set(fault, -EINVAL,
				 "'%s' is not a status: 200 to 599", text);
	}
	if (http->expect)
		return fault_set(fault, -EINVAL, "it expects two texts");
	return copy(text, strlen(text), &http->expect);
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
	buffer_printf(&http->headers, "%s\r\n", text);
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
	{ "header=", probe_http_parse_take_header },
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

/* The length of an option: up to a blank and the next option. */
static size_t option_length(const char *text)
{
	size_t length = 0;

	while (text[length] &&
	       !(text[length] == ' ' && find_option(text + length + 1)))
		length++;
	return length;
}

static int parse_options(struct http *http, const char *text,
			 struct fault *fault)
{
	int r = 0;

	for (text += strspn(text, " "); r == 0 && *text;
	     text += strspn(text, " ")) {
		const struct http_option *option = find_option(text);
		size_t length = option_length(text);
		CLEANUP_FREE char *value = NULL;

		if (!option || length <= strlen(option->name))
			return fault_set(fault, -EINVAL,
					 "'%s' is not expect=STATUS, "
					 "expect=TEXT, header=NAME: VALUE or "
					 "owner=any",
					 text);
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

int http_parse(struct probe *probe, const char *rest, struct fault *fault)
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
		r = check_text(url, fault);
	if (r == 0)
		r = parse_url(http, url, fault);
	if (r == 0)
		r = parse_options(http, rest + length, fault);
	if (r == 0)
		buffer_printf(&http->request,
			      "GET %s HTTP/1.1\r\nHost: %s\r\n"
			      "User-Agent: jig/" JIG_VERSION "\r\n"
			      "Accept: */*\r\nConnection: close\r\n%s\r\n",
			      http->path, http->host,
			      http->headers.text ? http->headers.text : "");
	if (r == 0)
		r = http->request.error;
	return r == -ENOMEM ? fault_set(fault, r, "%s", strerror(ENOMEM)) : r;
}
