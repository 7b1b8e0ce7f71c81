// SPDX-License-Identifier: MIT
/*
 * The fields of `start`. Most are options of `jig run`: the option's name, with
 * '_' for '-'. They go to the guard as they are; the option's own function
 * checks them here, so that an error names the field.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "cli/run/option/option.h"
#include "cli/run/options.h"

#define OPTION_SIZE 32
/* A number that is written out. */
#define VALUE_SIZE 32

enum recipe_kind {
	FIELD_TEXT, /* a string or a number */
	FIELD_LIST, /* the same, or an array of them */
	FIELD_FLAG, /* true or false */
	FIELD_OWN, /* no option: recipe.c reads it */
};

static const struct recipe_field {
	const char *name;
	enum recipe_kind kind;
} option_fields[] = {
	{ "fixture", FIELD_OWN },
	{ "command", FIELD_OWN },
	{ "env", FIELD_OWN },
	{ "stdin", FIELD_OWN },
	{ "pty", FIELD_OWN },
	{ "output", FIELD_OWN },
	{ "stderr", FIELD_OWN },
	{ "encoding", FIELD_OWN },
	{ "credit", FIELD_OWN },
	{ "ring_size", FIELD_OWN },
	{ "chdir", FIELD_TEXT },
	{ "clear_env", FIELD_FLAG },
	{ "env_file", FIELD_LIST },
	{ "env_dialect", FIELD_TEXT },
	{ "user", FIELD_TEXT },
	{ "groups", FIELD_TEXT },
	{ "umask", FIELD_TEXT },
	{ "nice", FIELD_TEXT },
	{ "path", FIELD_TEXT },
	{ "group", FIELD_TEXT },
	{ "cage", FIELD_TEXT },
	{ "daemon", FIELD_FLAG },
	{ "timeout", FIELD_TEXT },
	{ "stop_signal", FIELD_TEXT },
	{ "grace", FIELD_TEXT },
	{ "stop", FIELD_TEXT },
	{ "stop_mode", FIELD_TEXT },
	{ "ready", FIELD_LIST },
	{ "start_timeout", FIELD_TEXT },
	{ "interval", FIELD_TEXT },
	{ "ready_delay", FIELD_TEXT },
	{ "ready_timeout", FIELD_TEXT },
	{ "ready_successes", FIELD_TEXT },
	{ "live", FIELD_LIST },
	{ "live_interval", FIELD_TEXT },
	{ "live_timeout", FIELD_TEXT },
	{ "live_delay", FIELD_TEXT },
	{ "live_failures", FIELD_TEXT },
	{ "listen", FIELD_LIST },
	{ "port", FIELD_LIST },
	{ "log", FIELD_TEXT },
	{ "log_prefix", FIELD_TEXT },
	{ "log_times", FIELD_FLAG },
	{ "limit", FIELD_LIST },
	{ "memory", FIELD_TEXT },
	{ "pids", FIELD_TEXT },
	{ "cpu", FIELD_TEXT },
};

/* What reads the fields. */
struct recipe_reading {
	const struct params *params;
	struct recipe *recipe;
	struct run_settings settings; /* what the options would set */
};

static const struct option *option_of(const char *name)
{
	const struct option *const tables[] = { run_options,
						run_limit_options };

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct option *o = tables[t]; o->name; o++)
			if (strcmp(o->name, name) == 0)
				return o;
	return NULL; /* A table here would be wrong: the tests would see it. */
}

static void option_spell(const char *field, char name[OPTION_SIZE])
{
	(void)snprintf(name, OPTION_SIZE, "%s", field);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
}

/* Check one value, and add "--NAME" "VALUE". @value  NULL: a flag. */
static int recipe_take(struct recipe_reading *reading, const char *field,
		       const char *value)
{
	char name[OPTION_SIZE], word[OPTION_SIZE + 2];
	struct fault fault = { "" };
	struct recipe *recipe = reading->recipe;

	option_spell(field, name);
	const struct option *option = option_of(name);

	if (!option || !option->argument != !value)
		return params_wrong(reading->params, field,
				    "there is no such option");
	(void)snprintf(word, sizeof(word), "--%s", name);
	int r = recipe_add(recipe, &recipe->options, word);

	if (r == 0 && value) {
		r = recipe_add(recipe, &recipe->options, value);
		value = *(char **)list_at(&recipe->options,
					  recipe->options.count - 1,
					  sizeof(char *));
	}
	if (r < 0)
		return r;
	r = option->take(&reading->settings, value, &fault);
	return r < 0 ? params_wrong(reading->params, field, "%s", fault.text)
		     : 0;
}

static int recipe_take_value(struct recipe_reading *reading, const char *field,
			     const struct json_item *item)
{
	char number[VALUE_SIZE];

	if (item->kind == JSON_NUMBER && item->size < sizeof(number)) {
		memcpy(number, item->text, item->size);
		number[item->size] = '\0';
		return recipe_take(reading, field, number);
	}
	if (!json_plain(item))
		return params_wrong(reading->params, field,
				    "it is not a string or a number");
	return recipe_take(reading, field, item->text);
}

static int recipe_take_list(struct recipe_reading *reading, const char *field)
{
	const struct list *values = reading->params->values;
	uint32_t list = json_member(values, reading->params->object, field);
	int r = 0;

	for (uint32_t i = json_first(values, list); r == 0 && i;
	     i = json_next(values, list, i))
		r = recipe_take_value(reading, field, json_at(values, i));
	return r;
}

static int recipe_take_flag(struct recipe_reading *reading, const char *field)
{
	bool is_set = false;
	int r = params_bool(reading->params, field, &is_set);

	return r < 0 || !is_set ? r < 0 ? r : 0
				: recipe_take(reading, field, NULL);
}

static int recipe_take_field(struct recipe_reading *reading,
			     const struct recipe_field *field)
{
	const struct json_item *item = params_at(reading->params, field->name);

	if (!item || field->kind == FIELD_OWN)
		return 0;
	if (field->kind == FIELD_FLAG)
		return recipe_take_flag(reading, field->name);
	if (field->kind == FIELD_LIST && item->kind == JSON_ARRAY)
		return recipe_take_list(reading, field->name);
	return recipe_take_value(reading, field->name, item);
}

/* What the guard would refuse, with the field's name. */
static int recipe_check(const struct recipe_reading *reading)
{
	const struct run_settings *settings = &reading->settings;
	struct fault fault = { "" };

	if (run_ready_check(settings, &fault) < 0)
		return params_wrong(reading->params, "ready", "%s", fault.text);
	if (run_sockets_check(settings, &fault) < 0)
		return params_wrong(reading->params,
				    params_at(reading->params, "listen")
					    ? "listen"
					    : "port",
				    "%s", fault.text);
	if (run_live_check(settings, &fault) < 0)
		return params_wrong(reading->params, "live", "%s", fault.text);
	return 0;
}

/* What libjig sets as fields of its own. */
static int recipe_settle(struct recipe_reading *reading)
{
	enum jig_group group = reading->settings.plan.group;

	reading->recipe->clear_env = reading->settings.clear_env;
	if (group == JIG_GROUP_AUTO)
		return 0;
	if (group != JIG_GROUP_SESSION && group != JIG_GROUP_PGROUP &&
	    group != JIG_GROUP_JOB && group != JIG_GROUP_TERMINAL)
		return params_wrong(reading->params, "group",
				    "the agent has no terminal to share");
	reading->recipe->group = group;
	return 0;
}

int recipe_read_options(const struct params *params, struct recipe *recipe)
{
	struct recipe_reading reading = { .params = params, .recipe = recipe };
	size_t count = sizeof(option_fields) / sizeof(option_fields[0]);
	int r = 0;

	run_settings_init(&reading.settings);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = recipe_take_field(&reading, &option_fields[i]);
	if (r == 0)
		r = recipe_check(&reading);
	if (r == 0)
		r = recipe_settle(&reading);
	run_settings_free(&reading.settings);
	return r;
}

const char *recipe_next_field(size_t index, const void *table)
{
	size_t count = sizeof(option_fields) / sizeof(option_fields[0]);

	(void)table;
	return index < count ? option_fields[index].name : NULL;
}
