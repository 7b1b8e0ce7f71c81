// SPDX-License-Identifier: MIT
/*
 * readiness_probe and liveness_probe, as probes of jig-ready(7). The listener
 * of an http_get may be any process (owner=any): files of process-compose start
 * containers, and the container engine listens on their ports.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "up/files/compose_reader.h"

/* The defaults of process-compose. */
#define PERIOD_US 10000000
#define TIMEOUT_US 1000000
#define FAILURES 3

static int compose_probe_take_line(struct compose *compose, yaml_node_t *node,
				   void *target)
{
	return compose_line(compose, node, target);
}

static int take_exec(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "command", KEY_TAKE, offsetof(struct compose_exec, command),
		  compose_probe_take_line },
		{ "working_dir", KEY_TEXT, offsetof(struct compose_exec, cwd),
		  NULL },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

static int compose_probe_take_header(struct compose *compose, yaml_node_t *key,
				     yaml_node_t *value, void *target)
{
	const char *name = "", *text = "";
	int r = compose_scalar(compose, key, &name);

	if (r == 0)
		r = compose_text(compose, value, &text);
	return r < 0 ? r
		     : compose_append(target,
				      project_print(compose->project, "%s: %s",
						    name, text));
}

static int take_headers(struct compose *compose, yaml_node_t *node,
			void *target)
{
	return compose_pairs(compose, node, target, compose_probe_take_header);
}

static int take_http(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "host", KEY_TEXT, offsetof(struct compose_http, host), NULL },
		{ "scheme", KEY_TEXT, offsetof(struct compose_http, scheme),
		  NULL },
		{ "path", KEY_TEXT, offsetof(struct compose_http, path), NULL },
		{ "port", KEY_TEXT, offsetof(struct compose_http, port), NULL },
		{ "num_port", KEY_TEXT, offsetof(struct compose_http, port),
		  NULL },
		{ "status_code", KEY_NUMBER,
		  offsetof(struct compose_http, status), NULL },
		{ "headers", KEY_TAKE, offsetof(struct compose_http, headers),
		  take_headers },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

static int take_grpc(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "host", KEY_TEXT, offsetof(struct compose_grpc, host), NULL },
		{ "port", KEY_TEXT, offsetof(struct compose_grpc, port), NULL },
		{ "num_port", KEY_TEXT, offsetof(struct compose_grpc, port),
		  NULL },
		{ "service", KEY_TEXT, offsetof(struct compose_grpc, service),
		  NULL },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

#define CHECK(field) offsetof(struct compose_probe, check.field)

static const struct key keys[] = {
	{ "exec", KEY_TAKE, offsetof(struct compose_probe, exec), take_exec },
	{ "http_get", KEY_TAKE, offsetof(struct compose_probe, http),
	  take_http },
	{ "grpc", KEY_TAKE, offsetof(struct compose_probe, grpc), take_grpc },
	{ "initial_delay_seconds", KEY_SECONDS, CHECK(delay_us), NULL },
	{ "period_seconds", KEY_SECONDS, CHECK(period_us), NULL },
	{ "timeout_seconds", KEY_SECONDS, CHECK(timeout_us), NULL },
	{ "success_threshold", KEY_NUMBER, CHECK(successes), NULL },
	{ "failure_threshold", KEY_NUMBER, CHECK(failures), NULL },
	{ 0 },
};

/* In single quotes, for sh. */
static void quote(struct buffer *to, const char *text)
{
	buffer_add(to, "'", 1);
	for (; *text; text++)
		if (*text == '\'')
			buffer_printf(to, "'\\''");
		else
			buffer_add(to, text, 1);
	buffer_add(to, "'", 1);
}

static const char *own_buffer(struct compose *compose, struct buffer *word)
{
	const char *text = word->error || !word->text
				   ? NULL
				   : project_copy(compose->project, word->text);

	buffer_free(word);
	return text;
}

/* A probe's shell is /bin/sh; the project's own shell runs the line. */
static void add_line(const struct project *project, const char *line,
		     struct buffer *to)
{
	if (!project->shell) {
		buffer_printf(to, "%s", line);
		return;
	}
	buffer_printf(to, "exec ");
	quote(to, project->shell);
	buffer_printf(to, " ");
	quote(to, project->shell_argument ? project->shell_argument : "-c");
	buffer_printf(to, " ");
	quote(to, line);
}

static const char *exec_word(struct compose *compose,
			     const struct compose_exec *exec,
			     const struct service *service)
{
	struct buffer word = { 0 };
	const char *cwd;

	if (compose_exec_directory(compose, exec, service, &cwd) < 0)
		return NULL;
	buffer_printf(&word, "exec:");
	if (cwd) {
		buffer_printf(&word, "cd ");
		quote(&word, cwd);
		buffer_printf(&word, " && ");
	}
	add_line(compose->project, exec->command, &word);
	return own_buffer(compose, &word);
}

static const char *http_word(struct compose *compose,
			     const struct compose_http *http)
{
	struct buffer word = { 0 };
	const char *path = http->path ? http->path : "/";

	buffer_printf(&word, "http:%s:%s%s%s owner=any",
		      http->host && *http->host ? http->host : "127.0.0.1",
		      http->port ? http->port : "80", *path == '/' ? "" : "/",
		      path);
	if (http->status)
		buffer_printf(&word, " expect=%u", http->status);
	for (size_t i = 0; i < http->headers.count; i++)
		buffer_printf(&word, " header=%s",
			      *(char **)list_at(&http->headers, i,
						sizeof(char *)));
	return own_buffer(compose, &word);
}

/* jig has no TLS, so curl does it. -k: test servers have self-signed
 * certificates. */
static const char *https_word(struct compose *compose,
			      const struct compose_http *http)
{
	struct buffer word = { 0 }, url = { 0 };

	buffer_printf(&url, "https://%s:%s%s",
		      http->host && *http->host ? http->host : "127.0.0.1",
		      http->port ? http->port : "443",
		      http->path ? http->path : "/");
	if (http->status)
		buffer_printf(&word,
			      "exec:test %u = $(curl -sSk -o /dev/null "
			      "-w '%%{http_code}'",
			      http->status);
	else
		buffer_printf(&word, "exec:curl -fsSk -o /dev/null");
	for (size_t i = 0; i < http->headers.count; i++) {
		buffer_printf(&word, " -H ");
		quote(&word,
		      *(char **)list_at(&http->headers, i, sizeof(char *)));
	}
	buffer_printf(&word, " ");
	quote(&word, url.text ? url.text : "");
	if (http->status)
		buffer_add(&word, ")", 1);
	buffer_free(&url);
	return own_buffer(compose, &word);
}

/* jig has no HTTP/2, so the usual program for it asks. */
static const char *grpc_word(struct compose *compose,
			     const struct compose_grpc *grpc)
{
	struct buffer word = { 0 }, address = { 0 };

	buffer_printf(&address, "%s:%s",
		      grpc->host && *grpc->host ? grpc->host : "127.0.0.1",
		      grpc->port);
	buffer_printf(&word, "exec:grpc_health_probe -addr ");
	quote(&word, address.text ? address.text : "");
	buffer_free(&address);
	if (grpc->service && *grpc->service) {
		buffer_printf(&word, " -service ");
		quote(&word, grpc->service);
	}
	return own_buffer(compose, &word);
}

static bool compose_probe_is_http(const struct compose_http *http)
{
	return http->port || http->path || http->host || http->scheme;
}

static bool is_grpc(const struct compose_grpc *grpc)
{
	return grpc->port || grpc->host || grpc->service;
}

static int count_kinds(const struct compose_probe *probe)
{
	return (probe->exec.command != NULL) +
	       compose_probe_is_http(&probe->http) + is_grpc(&probe->grpc);
}

static int check_http(struct compose *compose, const yaml_node_t *node,
		      const struct compose_http *http)
{
	if (http->path && strpbrk(http->path, " \t\n"))
		return compose_wrong(compose, node,
				     "the path contains a blank");
	if (http->scheme && *http->scheme &&
	    strcasecmp(http->scheme, "http") != 0 &&
	    strcasecmp(http->scheme, "https") != 0)
		return compose_wrong(compose, node,
				     "scheme '%s' is neither http nor https",
				     http->scheme);
	return 0;
}

static int make_word(struct compose *compose, const yaml_node_t *node,
		     const struct compose_probe *probe,
		     const struct service *service, const char **ret)
{
	const struct compose_http *http = &probe->http;
	int r;

	if (count_kinds(probe) != 1)
		return compose_wrong(compose, node,
				     "expected one of exec, http_get and grpc");
	r = check_http(compose, node, http);
	if (r < 0)
		return r;
	if (is_grpc(&probe->grpc) && !(probe->grpc.port && *probe->grpc.port))
		return compose_wrong(compose, node, "grpc needs a port");
	if (is_grpc(&probe->grpc))
		*ret = grpc_word(compose, &probe->grpc);
	else if (!compose_probe_is_http(http))
		*ret = exec_word(compose, &probe->exec, service);
	else if (http->scheme && strcasecmp(http->scheme, "https") == 0)
		*ret = https_word(compose, http);
	else
		*ret = http_word(compose, http);
	return *ret ? 0 : -ENOMEM;
}

/* A later entry of the process changes single keys of a probe; but one kind
 * replaces the other. */
static int take_probe(struct compose *compose, yaml_node_t *node,
		      struct compose_probe *probe)
{
	bool is_exec = compose_find(compose, node, "exec");
	bool is_http = compose_find(compose, node, "http_get");
	bool is_rpc = compose_find(compose, node, "grpc");

	if (is_exec || is_rpc) {
		list_free(&probe->http.headers);
		probe->http = (struct compose_http){ 0 };
	}
	if (is_http || is_rpc)
		probe->exec = (struct compose_exec){ 0 };
	if (is_exec || is_http)
		probe->grpc = (struct compose_grpc){ 0 };
	probe->node = node;
	probe->place = compose->place;
	return compose_map(compose, node, keys, probe);
}

int compose_readiness(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	return take_probe(compose, node, &compose->ready);
}

int compose_liveness(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	return take_probe(compose, node, &compose->live);
}

/* ------------------------------------------------ after all entries of one */

/* How long it takes until the probe has failed too often. */
static int64_t patience_us(const struct check *check)
{
	int64_t period = check->period_us ? check->period_us : PERIOD_US;
	int64_t timeout = check->timeout_us ? check->timeout_us : TIMEOUT_US;

	int64_t failures = check->failures ? check->failures : FAILURES;
	int64_t us;

	if (__builtin_mul_overflow(period, failures, &us) ||
	    __builtin_add_overflow(us, timeout, &us) ||
	    __builtin_add_overflow(us, check->delay_us, &us))
		return INT64_MAX;
	return us;
}

static int finish_probe(struct compose *compose,
			const struct compose_probe *probe,
			const struct service *service, struct check *ret)
{
	struct check check = probe->check;
	const char *word = NULL;
	int r;

	/* Another process may extend it, and complete the probe. */
	if (service->disabled && count_kinds(probe) == 0)
		return 0;
	compose->place = probe->place;
	r = make_word(compose, probe->node, probe, service, &word);
	if (r < 0)
		return r;
	check.probes = ret->probes;
	check.probes.count = 0;
	check.file_period_us = check.period_us;
	*ret = check;
	return compose_append(&ret->probes, word);
}

static int finish_readiness(struct compose *compose, struct service *service)
{
	struct check *check = &service->ready;
	int r = finish_probe(compose, &compose->ready, service, check);

	if (r < 0 || !check->probes.count)
		return r;
	if (service->start_timeout_us == 0 &&
	    (check->failures || check->period_us))
		service->start_timeout_us = patience_us(check);
	/* An attempt on a socket is cheap: use jig's own interval. */
	if (strncmp(*(char **)check->probes.items, "http:", 5) == 0)
		check->period_us = 0;
	return 0;
}

int compose_finish_probes(struct compose *compose, struct service *service)
{
	int r = compose->ready.node ? finish_readiness(compose, service) : 0;

	return r < 0 || !compose->live.node
		       ? r
		       : finish_probe(compose, &compose->live, service,
				      &service->live);
}

/* A regular expression for the literal text, anywhere in a line. */
int compose_log_line(struct compose *compose, yaml_node_t *node, void *target)
{
	struct service *service = target;
	struct buffer word = { 0 };
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	/* A later entry replaces the value of an earlier one. */
	service->ready.probes.count = 0;
	compose->ready.node = NULL;
	buffer_printf(&word, "log:");
	for (; *text; text++) {
		if (strchr(".[]{}()\\*+?^$|", *text))
			buffer_add(&word, "\\", 1);
		buffer_add(&word, text, 1);
	}
	return compose_append(&service->ready.probes,
			      own_buffer(compose, &word));
}
