// SPDX-License-Identifier: MIT
/* What the commands around `jig up` share: settings, options, tables. */
#include "cli/command/up_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/up_takes.h"

/* ----------------------------------------------------------------- settings */

void up_settings_init(struct up_settings *settings)
{
	*settings = (struct up_settings){ .grace_us = -1 };
	(void)detach_key_parse("ctrl-] d", &settings->detach_key);
}

void up_settings_free(struct up_settings *settings)
{
	list_free(&settings->files);
	list_free(&settings->formations);
	list_free(&settings->left_out);
	list_free(&settings->namespaces);
	free(settings->env_joined);
	list_free(&settings->named);
	list_free(&settings->muted);
	buffer_free(&settings->origin);
	list_free_texts(&settings->texts);
}

void up_complain(const struct up_settings *settings, const struct fault *fault)
{
	if (settings->elsewhere)
		complain("%s (%s)", fault->text, settings->elsewhere);
	else
		complain("%s", fault->text);
}

/* ------------------------------------------------------------------- values */

int up_wrong(struct fault *fault, const char *option, const char *value,
	     const char *wanted)
{
	return fault_set(fault, -EINVAL, "--%s '%s' is not %s", option, value,
			 wanted);
}

int up_one_of(const char *option, const char *value, const struct words *words,
	      struct fault *fault)
{
	int i = words_parse(words, value);

	return i >= 0 ? i
		      : fault_set(fault, -EINVAL, "--%s: unknown value '%s'",
				  option, value);
}

static int append_text(struct list *list, const char *value)
{
	return list_append(list, &value, sizeof(value));
}

/* ------------------------------------------------------------------ options */

int up_take_file(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return append_text(&((struct up_settings *)data)->files, value);
}

int up_take_directory(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->directory = value;
	return 0;
}

int up_take_honcho(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	(void)value, (void)fault;
	settings->honcho = true;
	settings->dialect = ENV_HONCHO;
	return 0;
}

/* process-compose has one file for each -e: "-e a -e b" is "-e a,b". */
int up_take_env(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;
	char *joined;

	(void)fault;
	if (!settings->env_files) {
		settings->env_files = value;
		return 0;
	}
	if (asprintf(&joined, "%s,%s", settings->env_files, value) < 0)
		return -ENOMEM;
	free(settings->env_joined);
	settings->env_files = settings->env_joined = joined;
	return 0;
}

int up_take_allow_commands(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->allow_commands = true;
	return 0;
}

int up_take_namespace(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return append_text(&((struct up_settings *)data)->namespaces, value);
}

int up_take_no_deps(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->no_deps = true;
	return 0;
}

int up_take_dialect(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return env_dialect_parse(value, &settings->dialect) < 0
		       ? up_wrong(fault, "env-dialect", value,
				  "docker, honcho or foreman")
		       : 0;
}

/* "NAME=N", as src/up/project/formation.c reads it, which also looks for the
 * service. */
static bool is_instances(const char *word, size_t length)
{
	enum { MOST = 10000 };
	const char *equals = memchr(word, '=', length);
	const char *end = word + length;
	char digits[16];
	uint64_t count;

	if (!equals || strspn(word, " \t") >= (size_t)(equals - word))
		return false;
	for (word = equals + 1; word < end && strchr(" \t", *word); word++)
		;
	while (end > word && strchr(" \t", end[-1]))
		end--;
	if ((size_t)(end - word) >= sizeof(digits))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(end - word), word);
	return text_number(digits, MOST, &count) == 0;
}

static int take_formation(struct up_settings *settings, const char *value,
			  bool exclusive, struct fault *fault)
{
	struct up_formation formation = { value, exclusive, false };

	for (const char *word = value;; word++) {
		size_t length = strcspn(word, ",");

		if (!is_instances(word, length))
			return up_wrong(
				fault, exclusive ? "formation" : "concurrency",
				value,
				"of the form NAME=N,... (at most 10000)");
		word += length;
		if (!*word)
			break;
	}
	return list_append(&settings->formations, &formation,
			   sizeof(formation));
}

int up_take_concurrency(void *data, const char *value, struct fault *fault)
{
	return take_formation(data, value, false, fault);
}

int up_take_exclusive(void *data, const char *value, struct fault *fault)
{
	return take_formation(data, value, true, fault);
}

int up_take_exclude(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return append_text(&((struct up_settings *)data)->left_out, value);
}

int up_take_port(void *data, const char *value, struct fault *fault)
{
	uint64_t port;

	if (text_number(value, UINT16_MAX, &port) < 0 || port == 0)
		return up_wrong(fault, "port", value,
				"a port number (1 to 65535)");
	((struct up_settings *)data)->port = value;
	return 0;
}

int up_take_port_step(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct up_settings *)data)->port_step = value;
	return 0;
}

int up_add_named(struct up_settings *settings, enum up_named_kind kind,
		 const char *text)
{
	struct up_named named = { kind, text, false };

	return list_append(&settings->named, &named, sizeof(named));
}

int up_take_json(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	(void)value, (void)fault;
	settings->json = settings->status_json = true;
	return 0;
}

int up_take_timeout(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	return text_duration(value, &settings->grace_us) < 0
		       ? up_wrong(fault, "timeout", value,
				  "a duration such as 500ms, 10s or 2m")
		       : 0;
}

static int take_services(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->services = true;
	return 0;
}

static int take_wait(void *data, const char *value, struct fault *fault)
{
	struct up_settings *settings = data;

	(void)value, (void)fault;
	settings->services = settings->waits = true;
	return 0;
}

static int up_options_take_lines(void *data, const char *value,
				 struct fault *fault)
{
	uint64_t number;

	if (text_number(value, 1000000000, &number) < 0)
		return up_wrong(fault, "lines", value,
				"a number from 0 to 1000000000");
	((struct up_settings *)data)->lines = (unsigned)number;
	return 0;
}

static int take_follow(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->follow = true;
	return 0;
}

static int up_options_take_detach_key(void *data, const char *value,
				      struct fault *fault)
{
	struct up_settings *settings = data;

	return detach_key_parse(value, &settings->detach_key) < 0
		       ? up_wrong(fault, "detach-key", value,
				  "a key such as 'ctrl-] d', or none")
		       : 0;
}

static int up_options_take_read_only(void *data, const char *value,
				     struct fault *fault)
{
	(void)value, (void)fault;
	((struct up_settings *)data)->read_only = true;
	return 0;
}

/* ------------------------------------------------- tables of more than one */

const struct option client_options[] = { PROJECT_OPTIONS, { 0 } };

const struct option select_options[] = {
	PROJECT_OPTIONS,
	{ 'n', "namespace", "NAME", NULL,
	  "all services of this namespace (repeatable)", up_take_namespace },
	{ 0 },
};

const struct option ps_options[] = {
	OPTION_GROUP("output"),
	{ 0, "json", NULL, NULL, "print JSON", up_take_json },
	OPTION_GROUP("services"),
	PROJECT_OPTIONS,
	{ 0, "services", NULL, NULL, "show services, in any directory",
	  take_services },
	{ 0, "wait", NULL, NULL, "wait until all services are ready",
	  take_wait },
	{ 0 },
};

const struct option logs_options[] = {
	{ 0, "file", "FILE", NULL, "file of the project", up_take_file },
	{ 'd', "directory", "DIR", NULL, "directory in which services run",
	  up_take_directory },
	{ 'f', "follow", NULL, NULL, "also print further output", take_follow },
	{ 'n', "lines", "N", NULL,
	  "only the last N lines (default: all that are kept)",
	  up_options_take_lines },
	{ 0 },
};

const struct option attach_options[] = {
	PROJECT_OPTIONS,
	{ 0, "detach-key", "KEY", NULL,
	  "key that detaches (default: 'ctrl-] d')",
	  up_options_take_detach_key },
	{ 0, "read-only", NULL, NULL, "show output, pass no input",
	  up_options_take_read_only },
	{ 0 },
};

int up_take_restart(void *data, const char *value, struct fault *fault)
{
	static const char *const names[] = {
		[UP_RESTART_FILE] = "file",
		[UP_RESTART_NO] = "no",
		[UP_RESTART_ON_FAILURE] = "on-failure",
		[UP_RESTART_ALWAYS] = "always",
	};
	static const struct words words = WORDS_OF(names);
	int i = up_one_of("restart", value, &words, fault);

	if (i >= 0)
		((struct up_settings *)data)->restart = (enum up_restart)i;
	return i < 0 ? i : 0;
}
