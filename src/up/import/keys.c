// SPDX-License-Identifier: MIT
/* The keys of a service that take more than a line. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "up/import/parts.h"

/* -------------------------------------------------------------- the command
 */

/* A list is words; a text is words for the eyes of a shell. */
static void import_add_words(struct item *item, yaml_node_t *node,
			     struct buffer *line)
{
	yaml_node_t *one;
	const char *text = item_scalar(node);

	if (text)
		buffer_printf(line, "%s%s", line->used ? " " : "", text);
	for (size_t i = 0; !text && (one = item_at(item, node, i)); i++) {
		buffer_printf(line, "%s", line->used ? " " : "");
		write_word(line, item_scalar(one) ? item_scalar(one) : "");
	}
}

static void add_list(struct item *item, yaml_node_t *node, bool *is_first)
{
	yaml_node_t *one;

	for (size_t i = 0; (one = item_at(item, node, i)); i++) {
		buffer_printf(&item->keys, "%s", *is_first ? "" : ", ");
		write_value(&item->keys,
			    item_scalar(one) ? item_scalar(one) : "");
		*is_first = false;
	}
}

/* Words stay words. A text of the file is a line for a shell. */
void take_commands(struct item *item)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	yaml_node_t *entry = item_find(item, item->node, "entrypoint");
	yaml_node_t *command = item_find(item, item->node, "command");
	bool is_first = true;

	if ((!entry || entry->type == YAML_SEQUENCE_NODE) &&
	    (!command || command->type == YAML_SEQUENCE_NODE)) {
		buffer_printf(&item->keys, "    entrypoint: [");
		add_list(item, entry, &is_first);
		add_list(item, command, &is_first);
		buffer_printf(&item->keys, "]\n");
		return;
	}
	import_add_words(item, entry, &line);
	import_add_words(item, command, &line);
	write_key(item, "command", line.text ? line.text : "");
}

/* ------------------------------------------------------------------- times */

/* Ten years: more than any service runs. */
#define LONGEST_S 315360000.0

static const struct {
	const char *unit;
	double seconds;
} units[] = {
	{ "ms", 1e-3 },	       { "us", 1e-6 },
	{ "\xc2\xb5s", 1e-6 }, { "ns", 1e-9 },
	{ "\xce\xbcs", 1e-6 }, { "h", 3600 },
	{ "m", 60 },	       { "s", 1 },
};

/* "30m", "1.5s". @return the end; NULL: it is none. */
static const char *one_time(const char *text, double *ret)
{
	size_t digits = strspn(text, "0123456789");
	size_t length = digits;

	if (text[length] == '.')
		length += 1 + strspn(text + length + 1, "0123456789");
	if (digits == 0 || length > 40)
		return NULL;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t size = strlen(units[u].unit);

		/* The number may be a part of one with an exponent. */
		if (strncmp(text + length, units[u].unit, size) != 0)
			continue;
		*ret += strtod(text, NULL) * units[u].seconds;
		return text + length + size;
	}
	return NULL;
}

/* As Go writes them: "1h30m", "500ms", "10s". @return seconds; -1: there is no
 * such key, or a note says why not. */
static double seconds_of(struct item *item, yaml_node_t *node, const char *key)
{
	const char *text = item_text(item, node, key), *at = text;
	double all = 0;

	if (!text)
		return -1;
	while (at && *at)
		at = one_time(at, &all);
	if (!at || !*text) {
		write_note(item, "%s: '%s' is not a time such as 1m30s", key,
			   text);
		return -1;
	}
	/* jig has no shorter time. */
	if (all > 0 && all < 1e-6)
		all = 1e-6;
	return all < LONGEST_S ? all : LONGEST_S;
}

/* Without an exponent, which jig.yaml has not. */
static void write_seconds(struct buffer *out, double seconds)
{
	char text[64];
	int size = snprintf(text, sizeof(text), "%.6f", seconds);

	while (size > 1 && text[size - 1] == '0')
		size--;
	size -= text[size - 1] == '.';
	buffer_add(out, text, (size_t)size);
}

/* ------------------------------------------------------------- healthcheck
 */

/* "${NAME:-…}" and its like, and not "${NAME}" or "$${". */
static bool has_operator(const char *word)
{
	for (const char *at = word; (at = strchr(at, '$')); at++)
		if (at[1] == '$')
			at++;
		else if (at[1] == '{' &&
			 at[2 + strcspn(at + 2, ":-+?}")] != '}')
			return true;
	return false;
}

/* @return false: it is switched off, or of an unknown form. */
static bool import_add_test(struct item *item, yaml_node_t *test,
			    struct buffer *line)
{
	yaml_node_t *one;
	const char *kind = item_scalar(test);

	if (kind) {
		buffer_printf(line, "%s", kind);
		return true;
	}
	kind = item_scalar(item_at(item, test, 0));
	if (!kind || strcmp(kind, "NONE") == 0)
		return false;
	if (strcmp(kind, "CMD-SHELL") == 0) {
		kind = item_scalar(item_at(item, test, 1));
		buffer_printf(line, "%s", kind ? kind : "");
		return kind;
	}
	for (size_t i = 1; (one = item_at(item, test, i)); i++) {
		const char *word = item_scalar(one) ? item_scalar(one) : "";

		buffer_printf(line, "%s", i > 1 ? " " : "");
		write_word(line, word);
		if (has_operator(word))
			write_note(
				item,
				"healthcheck.test: %s is between quotes of a "
				"shell: a value with a quote breaks it",
				word);
	}
	return line->used > 0;
}

static void add_seconds(struct buffer *out, const char *key, double seconds)
{
	buffer_printf(out, ", %s: ", key);
	write_seconds(out, seconds);
}

/* Its failures within start_period do not count, so the start has this time and
 * that of the failures. A container that becomes unhealthy goes on; so there is
 * no liveness_probe. */
void take_healthcheck(struct item *item, yaml_node_t *node)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	const char *off = item_text(item, node, "disable");
	const char *retries = item_text(item, node, "retries");
	double interval = seconds_of(item, node, "interval");
	double timeout = seconds_of(item, node, "timeout");
	double start = seconds_of(item, node, "start_period");
	uint64_t times = 3;

	if ((off && strcmp(off, "true") == 0) ||
	    !import_add_test(item, item_find(item, node, "test"), &line)) {
		write_note(item, "healthcheck: it is off, or has no test");
		return;
	}
	interval = interval > 0 ? interval : 30;
	timeout = timeout > 0 ? timeout : 30;
	if (retries && text_number(retries, 1000, &times) < 0)
		times = 3;
	times = times ? times : 3;
	buffer_printf(&item->keys, "    readiness_probe: {exec: {command: ");
	write_value(&item->keys, line.text ? line.text : "");
	buffer_printf(&item->keys, "}");
	add_seconds(&item->keys, "period_seconds", interval);
	add_seconds(&item->keys, "timeout_seconds", timeout);
	buffer_printf(&item->keys, ", failure_threshold: %" PRIu64 "}\n",
		      times);
	buffer_printf(&item->keys, "    start_timeout: \"");
	write_seconds(&item->keys,
		      (start > 0 ? start : 0) +
			      (interval + timeout) * (double)times);
	buffer_printf(&item->keys, "s\"\n");
	if (item_find(item, node, "start_interval"))
		write_note(item, "healthcheck.start_interval: jig has one "
				 "interval, period_seconds");
}

/* -------------------------------------------------------------- depends_on
 */

static const char *condition_of(const char *text)
{
	static const char *const pairs[][2] = {
		{ "service_started", "process_started" },
		{ "service_healthy", "process_healthy" },
		{ "service_completed_successfully",
		  "process_completed_successfully" },
	};

	for (size_t i = 0; text && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(text, pairs[i][0]) == 0)
			return pairs[i][1];
	return "process_started";
}

static void import_add_dependency(struct item *item, const char *name,
				  const char *condition, bool *is_first)
{
	yaml_node_t *other = item_find(item, item->services, name);

	if (!other || !service_is_process(item->compose, other)) {
		write_note(item,
			   "depends_on: %s is not a service here: start it "
			   "before",
			   name);
		return;
	}
	if (*is_first)
		buffer_printf(&item->keys, "    depends_on:\n");
	*is_first = false;
	buffer_printf(&item->keys, "      ");
	write_text(&item->keys, name);
	buffer_printf(&item->keys, ": {condition: %s}\n",
		      condition_of(condition));
}

void take_item_depends(struct item *item, yaml_node_t *node)
{
	bool is_first = true;
	yaml_node_t *one;
	const char *name;

	for (size_t i = 0; (one = item_at(item, node, i)); i++)
		if (item_scalar(one))
			import_add_dependency(item, item_scalar(one), NULL,
					      &is_first);
	for (size_t i = 0; item_pair(item, node, i, &name, &one); i++) {
		const char *again = item_text(item, one, "restart");
		const char *needed = item_text(item, one, "required");

		if (!name)
			continue;
		import_add_dependency(item, name,
				      item_text(item, one, "condition"),
				      &is_first);
		if (needed && strcmp(needed, "false") == 0)
			write_note(item,
				   "depends_on.%s.required: a service that is "
				   "there is always needed",
				   name);
		if (again && strcmp(again, "true") == 0)
			write_note(item,
				   "depends_on.%s.restart: jig restarts no "
				   "dependent",
				   name);
	}
}

/* ------------------------------------------------------------------- ports */

/* "127.0.0.1:8080:80", "80": the port in the container, where it listens. */
static uint64_t port_of(const struct item *item, yaml_node_t *node)
{
	const char *text = item_scalar(node), *colon;
	uint64_t port = 0;

	if (!text)
		text = item_text(item, node, "target");
	colon = text ? strrchr(text, ':') : NULL;
	if (colon)
		text = colon + 1;
	return text && text_number(text, 65535, &port) == 0 ? port : 0;
}

static void note_published(struct item *item, yaml_node_t *node, uint64_t port)
{
	const char *text = item_scalar(node);

	if (!text)
		text = item_text(item, node, "published");
	if (text && strtoul(text, NULL, 10) != port)
		write_note(item,
			   "ports: %s: the process itself listens, on %" PRIu64,
			   text, port);
}

/* Whether an earlier item has this port: at another address, for example. */
static bool port_is_listed(const struct item *item, yaml_node_t *node,
			   size_t before, uint64_t port)
{
	for (size_t i = 0; i < before; i++)
		if (port_of(item, item_at(item, node, i)) == port)
			return true;
	return false;
}

void take_item_ports(struct item *item, yaml_node_t *node)
{
	bool is_first = true;
	yaml_node_t *one;

	for (size_t i = 0; (one = item_at(item, node, i)); i++) {
		uint64_t port = port_of(item, one);

		if (port && port_is_listed(item, node, i, port))
			continue;
		if (!port || item->replicas > 1) {
			write_note(item, "ports: %s is left out%s",
				   item_scalar(one) ? item_scalar(one) : "one",
				   port ? ": there are several instances" : "");
			continue;
		}
		if (is_first)
			buffer_printf(&item->keys, "    ports:\n");
		buffer_printf(&item->keys,
			      "      - \"p%" PRIu64 "=%" PRIu64 "\"\n", port,
			      port);
		is_first = false;
		note_published(item, one, port);
	}
}

/* ------------------------------------------------------------- how it ends */

void take_stop(struct item *item)
{
	const char *name = item_text(item, item->node, "stop_signal");
	double grace = seconds_of(item, item->node, "stop_grace_period");

	if (!name && grace < 0)
		return;
	buffer_printf(&item->keys, "    shutdown: {");
	if (name) {
		buffer_printf(&item->keys, "signal: ");
		write_text(&item->keys, name);
	}
	if (grace >= 0) {
		buffer_printf(&item->keys,
			      "%stimeout_seconds: ", name ? ", " : "");
		write_seconds(&item->keys, grace);
	}
	buffer_printf(&item->keys, "}\n");
}

void take_restart(struct item *item)
{
	yaml_node_t *deploy = item_find(item, item->node, "deploy");
	yaml_node_t *policy = item_find(item, deploy, "restart_policy");
	const char *text = item_text(item, item->node, "restart");
	const char *most = item_text(item, policy, "max_attempts");
	const char *kind = "always";
	double delay = seconds_of(item, policy, "delay");

	text = text ? text : item_text(item, policy, "condition");
	if (item_find(item, policy, "window"))
		write_note(item, "deploy.restart_policy.window: jig has no "
				 "such time");
	if (!text || strcmp(text, "no") == 0 || strcmp(text, "none") == 0 ||
	    strcmp(text, "false") == 0)
		return;
	if (strncmp(text, "on-failure", 10) == 0) {
		kind = "on_failure";
		most = text[10] == ':' ? text + 11 : most;
	}
	buffer_printf(&item->keys, "    availability: {restart: %s", kind);
	if (most) {
		buffer_printf(&item->keys, ", max_restarts: ");
		write_text(&item->keys, most);
	}
	if (delay > 0) {
		buffer_printf(&item->keys, ", backoff_seconds: ");
		write_seconds(&item->keys, delay);
	}
	buffer_printf(&item->keys, "}\n");
}
