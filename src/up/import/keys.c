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
		write_text(&item->keys,
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

/* "1h30m", "500ms", "10s": as Go writes them. @return seconds, or -1. */
static double seconds_of(const char *text)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {
		{ "ms", 1e-3 }, { "us", 1e-6 }, { "ns", 1e-9 },
		{ "h", 3600 },	{ "m", 60 },	{ "s", 1 },
	};
	double all = 0;

	while (text && *text) {
		char *end;
		size_t u = 0;

		if (!isdigit((unsigned char)*text))
			return -1;
		double number = strtod(text, &end);

		while (u < sizeof(units) / sizeof(units[0]) &&
		       strncmp(end, units[u].unit, strlen(units[u].unit)) != 0)
			u++;
		if (u == sizeof(units) / sizeof(units[0]))
			return -1;
		all += number * units[u].seconds;
		text = end + strlen(units[u].unit);
	}
	return text ? all : -1;
}

/* ------------------------------------------------------------- healthcheck
 */

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
		buffer_printf(line, "%s", i > 1 ? " " : "");
		write_word(line, item_scalar(one) ? item_scalar(one) : "");
	}
	return line->used > 0;
}

static void add_seconds(struct buffer *out, const char *key, double seconds)
{
	buffer_printf(out, ", %s: %.10g", key, seconds);
}

/* Its failures within start_period do not count, so the start has this time and
 * that of the failures. A container that becomes unhealthy goes on; so there is
 * no liveness_probe. */
void take_healthcheck(struct item *item, yaml_node_t *node)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };
	const char *off = item_text(item, node, "disable");
	const char *retries = item_text(item, node, "retries");
	double interval = seconds_of(item_text(item, node, "interval"));
	double timeout = seconds_of(item_text(item, node, "timeout"));
	double start = seconds_of(item_text(item, node, "start_period"));
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
	write_text(&item->keys, line.text ? line.text : "");
	buffer_printf(&item->keys, "}");
	add_seconds(&item->keys, "period_seconds", interval);
	add_seconds(&item->keys, "timeout_seconds", timeout);
	buffer_printf(&item->keys, ", failure_threshold: %" PRIu64 "}\n",
		      times);
	buffer_printf(&item->keys, "    start_timeout: \"%.10gs\"\n",
		      (start > 0 ? start : 0) +
			      (interval + timeout) * (double)times);
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

		if (!name)
			continue;
		import_add_dependency(item, name,
				      item_text(item, one, "condition"),
				      &is_first);
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
	double grace =
		seconds_of(item_text(item, item->node, "stop_grace_period"));

	if (!name && grace < 0)
		return;
	buffer_printf(&item->keys, "    shutdown: {");
	if (name) {
		buffer_printf(&item->keys, "signal: ");
		write_text(&item->keys, name);
	}
	if (grace >= 0)
		buffer_printf(&item->keys, "%stimeout_seconds: %.10g",
			      name ? ", " : "", grace);
	buffer_printf(&item->keys, "}\n");
}

void take_restart(struct item *item)
{
	yaml_node_t *deploy = item_find(item, item->node, "deploy");
	yaml_node_t *policy = item_find(item, deploy, "restart_policy");
	const char *text = item_text(item, item->node, "restart");
	const char *most = item_text(item, policy, "max_attempts");
	const char *kind = "always";

	text = text ? text : item_text(item, policy, "condition");
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
	buffer_printf(&item->keys, "}\n");
}
