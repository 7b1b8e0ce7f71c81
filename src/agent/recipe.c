// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "base/file/self.h"
#include "base/text.h"
#include "lib/fixture.h"

#define CREDIT_MAX (1ULL << 40)

int recipe_add(struct recipe *recipe, struct list *list, const char *text)
{
	char *copy = strdup(text);

	if (list_take_text(&recipe->texts, copy) < 0)
		return -ENOMEM;
	return list_append(list, &copy, sizeof(copy));
}

static int recipe_end(struct list *list)
{
	const char *end = NULL;

	return list_append(list, &end, sizeof(end));
}

void recipe_free(struct recipe *recipe)
{
	list_free_texts(&recipe->texts);
	list_free(&recipe->argv);
	list_free(&recipe->env);
	list_free(&recipe->options);
}

/* ------------------------------------------------------------------ reading */

/* The strings of an array. */
static int recipe_read_words(const struct params *params, struct recipe *recipe,
			     const char *field, struct list *list)
{
	const struct list *values = params->values;
	uint32_t array = json_member(values, params->object, field);
	int r = 0;

	for (uint32_t i = json_first(values, array); r == 0 && i;
	     i = json_next(values, array, i)) {
		const char *text = json_plain(json_at(values, i));

		r = text ? recipe_add(recipe, list, text)
			 : params_wrong(params, field,
					"it has an element that is not a "
					"string, or contains a NUL");
	}
	return r;
}

static int recipe_read_command(const struct params *params,
			       struct recipe *recipe)
{
	const struct json_item *item = params_at(params, "command");
	int r;

	if (!item)
		return params_wrong(params, "command",
				    "it is missing: an array of words, or a "
				    "line for /bin/sh");
	if (item->kind == JSON_ARRAY) {
		r = recipe_read_words(params, recipe, "command", &recipe->argv);
		if (r == 0 && recipe->argv.count == 0)
			return params_wrong(params, "command", "it is empty");
		return r < 0 ? r : recipe_end(&recipe->argv);
	}
	if (!json_plain(item))
		return params_wrong(params, "command",
				    "it is not an array of strings, or a line "
				    "for /bin/sh");
	r = recipe_add(recipe, &recipe->argv, item->text);
	recipe->shell = r < 0 ? NULL : *(char **)recipe->argv.items;
	return r;
}

/* {"NAME": "value"}; null sets nothing. */
static int recipe_add_variable(const struct params *params,
			       struct recipe *recipe,
			       const struct json_item *item)
{
	CLEANUP_FREE char *text = NULL;

	if (item->kind == JSON_NULL)
		return 0;
	if (!json_plain(item) || strlen(item->name) != item->name_size)
		return params_wrong(params, "env",
				    "the value of '%s' is not a string",
				    item->name);
	if (asprintf(&text, "%s=%s", item->name, item->text) < 0)
		return -ENOMEM;
	return recipe_add(recipe, &recipe->env, text);
}

static int recipe_read_variables(const struct params *params,
				 struct recipe *recipe, uint32_t object)
{
	const struct list *values = params->values;
	int r = 0;

	for (uint32_t i = json_first(values, object); r == 0 && i;
	     i = json_next(values, object, i))
		r = recipe_add_variable(params, recipe, json_at(values, i));
	return r;
}

static int recipe_check_env(const struct params *params,
			    const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->env.count; i++) {
		const char *variable =
			*(char **)list_at(&recipe->env, i, sizeof(char *));
		const char *equals = strchr(variable, '=');

		if (!equals || equals == variable)
			return params_wrong(params, "env",
					    "'%s' is not NAME=VALUE", variable);
	}
	return 0;
}

/* A file of env_file overrides what the guard inherits, but not --env. */
static int recipe_place_env(const struct params *params, struct recipe *recipe)
{
	int r = 0;

	if (!params_at(params, "env_file"))
		return recipe_end(&recipe->env);
	for (size_t i = 0; r == 0 && i < recipe->env.count; i++) {
		r = recipe_add(recipe, &recipe->options, "--env");
		if (r == 0)
			r = list_append(&recipe->options,
					list_at(&recipe->env, i,
						sizeof(char *)),
					sizeof(char *));
	}
	recipe->env.count = 0;
	return r < 0 ? r : recipe_end(&recipe->env);
}

static int recipe_read_env(const struct params *params, struct recipe *recipe)
{
	const struct json_item *item = params_at(params, "env");
	int r = 0;

	if (item && item->kind == JSON_OBJECT)
		r = recipe_read_variables(params, recipe,
					  json_member(params->values,
						      params->object, "env"));
	else if (item && item->kind == JSON_ARRAY)
		r = recipe_read_words(params, recipe, "env", &recipe->env);
	else if (item)
		r = params_wrong(params, "env",
				 "it is not an object, or an array of "
				 "NAME=VALUE");
	if (r == 0)
		r = recipe_check_env(params, recipe);
	return r < 0 ? r : recipe_place_env(params, recipe);
}

/* true, or {"rows": 24, "columns": 80}. */
static int recipe_read_terminal(const struct params *params,
				struct recipe *recipe)
{
	static const char *const names[] = { "rows", "columns", NULL };
	const struct json_item *item = params_at(params, "pty");
	struct params inner = *params;
	int r;

	recipe->size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	if (!item || item->kind != JSON_OBJECT)
		return params_bool(params, "pty", &recipe->has_terminal) < 0
			       ? -EINVAL
			       : 0;
	recipe->has_terminal = true;
	inner.object = json_member(params->values, params->object, "pty");
	r = params_check(&inner, params_next_name, names);
	return r < 0 ? r : params_size(&inner, &recipe->size);
}

static int recipe_read_streams(const struct params *params,
			       struct recipe *recipe)
{
	static const char *const inputs[] = { "null", "pipe" };
	static const char *const outputs[] = {
		[RECIPE_EVENTS] = "events",
		[RECIPE_CAPTURE] = "capture",
		[RECIPE_OFF] = "off",
	};
	static const char *const errors[] = {
		[RECIPE_SEPARATE] = "separate",
		[RECIPE_MERGE] = "merge",
		[RECIPE_NO_STDERR] = "off",
	};
	static const char *const encodings[] = { "utf8", "base64" };
	const struct words words[] = { WORDS_OF(inputs), WORDS_OF(outputs),
				       WORDS_OF(errors), WORDS_OF(encodings) };
	int input = 0, output = RECIPE_CAPTURE, err = RECIPE_SEPARATE,
	    encoding = 0;
	int r = params_word(params, "stdin", &words[0], &input);

	if (r >= 0)
		r = params_word(params, "output", &words[1], &output);
	if (r >= 0)
		r = params_word(params, "stderr", &words[2], &err);
	if (r >= 0)
		r = params_word(params, "encoding", &words[3], &encoding);
	if (r < 0)
		return r;
	recipe->has_input = input == 1;
	recipe->output = (enum recipe_output)output;
	recipe->err = (enum recipe_stderr)err;
	recipe->is_base64 = encoding == 1;
	return 0;
}

static int recipe_read_sizes(const struct params *params, struct recipe *recipe)
{
	const struct json_item *item = params_at(params, "ring_size");
	uint64_t credit = 0, size = RING_SIZE;
	int r = params_number(params, "credit", CREDIT_MAX, &credit);

	recipe->credit = r > 0 ? (int64_t)credit : -1;
	if (r >= 0 && item && item->kind == JSON_STRING) {
		if (!json_plain(item) || text_size(item->text, &size) < 0)
			size = 0;
	} else if (r >= 0) {
		r = params_number(params, "ring_size", RING_SIZE_MAX, &size);
	}
	if (r < 0)
		return r;
	if (size == 0 || size > RING_SIZE_MAX)
		return params_wrong(params, "ring_size",
				    "it is not a size from 1 to 1G");
	recipe->ring_size = size;
	return 0;
}

static int recipe_check_terminal(const struct params *params,
				 const struct recipe *recipe)
{
	if (!recipe->has_terminal)
		return 0;
	if (params_at(params, "log"))
		return params_wrong(params, "log",
				    "the output of a terminal is not logged");
	if (recipe->output == RECIPE_OFF || params_at(params, "stdin") ||
	    params_at(params, "stderr"))
		return params_wrong(params, "pty",
				    "it is stdin, stdout and stderr");
	return 0;
}

int recipe_read(const struct params *params, struct recipe *ret)
{
	struct recipe recipe = { .group = JIG_GROUP_SESSION };
	int r = params_check(params, recipe_next_field, NULL);

	if (r == 0)
		r = recipe_read_command(params, &recipe);
	if (r == 0)
		r = recipe_read_terminal(params, &recipe);
	if (r == 0)
		r = recipe_read_streams(params, &recipe);
	if (r == 0)
		r = recipe_read_sizes(params, &recipe);
	if (r == 0)
		r = recipe_check_terminal(params, &recipe);
	if (r == 0)
		r = recipe_read_options(params, &recipe);
	if (r == 0)
		r = recipe_read_env(params, &recipe);
	if (r == 0)
		r = recipe_end(&recipe.options);
	if (r < 0)
		recipe_free(&recipe);
	else
		*ret = recipe;
	return r;
}

/* ----------------------------------------------------------------- starting */

static void recipe_choose_stdio(const struct recipe *recipe, int terminal,
				struct jig_command *command)
{
	struct jig_stdio slave = { .kind = JIG_STDIO_FD, .fd = terminal };
	enum jig_stdio_kind kind =
		recipe->output == RECIPE_OFF ? JIG_STDIO_NULL : JIG_STDIO_PIPE;

	command->group = recipe->group;
	if (recipe->has_terminal) {
		command->group = recipe->group == JIG_GROUP_SESSION
					 ? JIG_GROUP_TERMINAL
					 : recipe->group;
		command->in = command->out = command->err = slave;
		return;
	}
	command->in.kind = recipe->has_input ? JIG_STDIO_PIPE : JIG_STDIO_NULL;
	command->out.kind = kind;
	command->err.kind = recipe->err == RECIPE_MERGE	      ? JIG_STDIO_OUTPUT
			    : recipe->err == RECIPE_NO_STDERR ? JIG_STDIO_NULL
							      : kind;
}

/* The command gets the limit that we had before we raised our own. */
static int recipe_add_files(const struct agent *agent, struct list *options,
			    char *buffer, size_t size)
{
	char *words[] = { "--limit", buffer };
	int n = snprintf(buffer, size, "nofile=%" PRIu64,
			 (uint64_t)agent->files.rlim_cur);

	if (agent->files.rlim_max == RLIM_INFINITY)
		(void)snprintf(buffer + n, size - (size_t)n, ":unlimited");
	else
		(void)snprintf(buffer + n, size - (size_t)n, ":%" PRIu64,
			       (uint64_t)agent->files.rlim_max);
	if (agent->files.rlim_cur == agent->files.rlim_max)
		return 0;
	int r = list_append(options, &words[0], sizeof(char *));

	return r < 0 ? r : list_append(options, &words[1], sizeof(char *));
}

static bool sets_files(const struct recipe *recipe)
{
	for (size_t i = 0; i + 1 < recipe->options.count; i++) {
		const char *word =
			*(char **)list_at(&recipe->options, i, sizeof(char *));

		if (strncmp(word, "nofile=", 7) == 0)
			return true;
	}
	return false;
}

static int recipe_make_options(const struct agent *agent,
			       const struct recipe *recipe, struct list *ret,
			       char *buffer, size_t size)
{
	/* With a log the guard reads the output, and has to pass it on. */
	char *pass_on = "--pass-on";
	int r = sets_files(recipe) ? 0
				   : recipe_add_files(agent, ret, buffer, size);

	if (r == 0 && recipe->output != RECIPE_OFF && !recipe->has_terminal)
		r = list_append(ret, &pass_on, sizeof(pass_on));
	for (size_t i = 0; r == 0 && i < recipe->options.count; i++)
		r = list_append(ret,
				list_at(&recipe->options, i, sizeof(char *)),
				sizeof(char *));
	return r;
}

int recipe_begin(const struct agent *agent, const struct recipe *recipe,
		 struct pty *pty, struct jig **ret, struct fault *fault)
{
	CLEANUP(list_free) struct list options = { 0 };
	char reason[FAULT_SIZE] = "out of memory", files[64];
	struct jig_command command = {
		.argv = recipe->shell ? NULL : recipe->argv.items,
		.shell = recipe->shell,
		.env = recipe->env.items,
		.clear_env = recipe->clear_env,
		.program = self_program(),
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = recipe_make_options(agent, recipe, &options, files,
				    sizeof(files));

	if (r == 0 && recipe->has_terminal)
		r = pty_open(&recipe->size, pty, fault);
	if (r < 0)
		return *fault->text ? r : fault_set(fault, r, "%s", reason);
	recipe_choose_stdio(recipe, pty->slave, &command);
	r = fixture_begin(&command, options.items, ret);
	/* Only the command may have its side open, so that we see its end. */
	cleanup_close(&pty->slave);
	pty->slave = -1;
	return r < 0 ? fault_set(fault, r, "%s", reason) : 0;
}
