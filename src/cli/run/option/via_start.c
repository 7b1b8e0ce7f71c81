// SPDX-License-Identifier: MIT
/*
 * What `jig run --via` sends to the other machine. Each option is either for
 * this side or for that one: those of the table below become fields of the
 * agent's `start`, jig-agent(7), whatever their order was. Variables are read
 * here and sent, because the files of --env-file are here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/wire/lines.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/text/json.h"
#include "cli/run/option/option.h"
#include "net/names.h"

enum via_kind {
	VIA_TEXT,
	VIA_LIST, /* may be given more than once */
	VIA_ALTERNATIVE, /* "|PROBE", an element of `ready` */
	VIA_FLAG,
};

/* The options for that side. All others are for this one. */
static const struct via_field {
	const char *option;
	enum via_kind kind;
} via_fields[] = {
	{ "chdir", VIA_TEXT },
	{ "clear-env", VIA_FLAG },
	{ "user", VIA_TEXT },
	{ "groups", VIA_TEXT },
	{ "umask", VIA_TEXT },
	{ "nice", VIA_TEXT },
	{ "path", VIA_TEXT },
	{ "cage", VIA_TEXT },
	{ "daemon", VIA_FLAG },
	{ "timeout", VIA_TEXT },
	{ "stop-signal", VIA_TEXT },
	{ "grace", VIA_TEXT },
	{ "stop", VIA_TEXT },
	{ "stop-mode", VIA_TEXT },
	{ "ready", VIA_LIST },
	{ "or", VIA_ALTERNATIVE },
	{ "start-timeout", VIA_TEXT },
	{ "interval", VIA_TEXT },
	{ "ready-delay", VIA_TEXT },
	{ "ready-timeout", VIA_TEXT },
	{ "ready-successes", VIA_TEXT },
	{ "live", VIA_LIST },
	{ "live-interval", VIA_TEXT },
	{ "live-timeout", VIA_TEXT },
	{ "live-delay", VIA_TEXT },
	{ "live-failures", VIA_TEXT },
	{ "listen", VIA_LIST },
	{ "port", VIA_LIST },
	{ "limit", VIA_LIST },
	{ "memory", VIA_TEXT },
	{ "pids", VIA_TEXT },
	{ "cpu", VIA_TEXT },
};

#define VIA_FIELDS (sizeof(via_fields) / sizeof(via_fields[0]))

/* One use of such an option. */
struct via_use {
	const struct via_field *field;
	const char *value;
};

int run_via_note(void *data, const char *option, const char *value)
{
	struct run_settings *settings = data;

	for (size_t i = 0; i < VIA_FIELDS; i++) {
		const struct via_use use = { &via_fields[i], value };

		if (strcmp(via_fields[i].option, option) == 0)
			return list_append(&settings->via.uses, &use,
					   sizeof(use));
	}
	return 0;
}

/* JSON is UTF-8, and no byte of a word may be changed on its way. */
static int via_check_text(const char *what, const char *text,
			  struct fault *fault)
{
	for (size_t n; *text; text += n) {
		n = text_utf8_length(text);
		if (n == 0)
			return fault_set(fault, -EILSEQ,
					 "--via: %s is not UTF-8, and cannot "
					 "be sent to the other machine",
					 what);
	}
	return 0;
}

static int via_add_text(struct json *json, const char *name, const char *what,
			const char *text, struct fault *fault)
{
	int r = via_check_text(what, text, fault);

	if (r == 0)
		json_string(json, name, text);
	return r;
}

static int via_add_words(struct json *json, char **words, struct fault *fault)
{
	int r = 0;

	json_open(json, "command", '[');
	for (; r == 0 && *words; words++)
		r = via_add_text(json, NULL, "a word of the command", *words,
				 fault);
	json_close(json, ']');
	return r;
}

/* The agent replaces names in braces in all variables, but those of a file stay
 * as they are, jig-run(1). */
static int via_check_file_value(const struct run_settings *settings,
				const char *variable, struct fault *fault)
{
	const struct list *uses = &settings->via.uses;

	for (size_t i = 0; i < uses->count; i++) {
		const struct via_use *use =
			list_at(uses, i, sizeof(struct via_use));
		struct name name = { .address = "?", .port = 1, .fd = 1 };
		struct list names = { .items = &name, .count = 1 };
		CLEANUP_FREE char *expanded = NULL;
		bool is_name = strcmp(use->field->option, "port") == 0 ||
			       strcmp(use->field->option, "listen") == 0;

		if (!is_name)
			continue;
		text_copy(name.name, sizeof(name.name), use->value);
		name.name[strcspn(name.name, "=")] = '\0';
		if (names_expand(&names, variable, &expanded) < 0)
			return fault_set(fault, -ENOMEM, "out of memory");
		if (strcmp(expanded, variable) != 0)
			return fault_set(fault, -EINVAL,
					 "--via: a variable of --env-file "
					 "contains the name '%s' in braces, "
					 "which would be replaced there",
					 name.name);
	}
	return 0;
}

static int via_check_file_values(const struct run_settings *settings,
				 struct fault *fault)
{
	const struct list *all = &settings->file_env;
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->count; i++)
		r = via_check_file_value(settings,
					 *(char **)list_at(all, i,
							   sizeof(char *)),
					 fault);
	return r;
}

static int via_add_env(const struct run_settings *settings, struct json *json,
		       struct fault *fault)
{
	CLEANUP(list_free) struct list all = { 0 };
	int r = via_check_file_values(settings, fault);

	if (r < 0)
		return r;
	if (run_env_collect(settings, &all) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (all.count == 0)
		return 0;
	json_open(json, "env", '[');
	for (size_t i = 0; r == 0 && i < all.count; i++)
		/* Its value may be secret: it is not named. */
		r = via_add_text(json, NULL, "the value of a variable",
				 *(char **)list_at(&all, i, sizeof(char *)),
				 fault);
	json_close(json, ']');
	return r;
}

/* "stop-signal" is "stop_signal". */
static void via_spell(const char *option, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s",
		       strcmp(option, "or") == 0 ? "ready" : option);
	for (char *c = ret; *c; c++)
		if (*c == '-')
			*c = '_';
}

static int via_expand(struct run_settings *settings, const char *value,
		      bool is_alternative, char **ret)
{
	char *text;
	int r = names_expand(&settings->names, value, &text);

	if (r < 0 || !is_alternative) {
		*ret = text;
		return r;
	}
	r = asprintf(ret, "|%s", text) < 0 ? -ENOMEM : 0;
	free(text);
	return r;
}

static int via_add_value(struct run_settings *settings, struct json *json,
			 const char *name, const struct via_use *use,
			 struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	char what[48];
	int r = via_expand(settings, use->value,
			   use->field->kind == VIA_ALTERNATIVE, &text);

	(void)snprintf(what, sizeof(what), "the value of --%s",
		       use->field->option);
	return r < 0 ? fault_set(fault, r, "out of memory")
		     : via_add_text(json, name, what, text, fault);
}

/* Whether an option is an element of the array of that name. */
static bool via_is_in(const struct via_use *use, const char *name)
{
	char own[32];

	via_spell(use->field->option, own, sizeof(own));
	return strcmp(own, name) == 0;
}

static int via_add_list(struct run_settings *settings, struct json *json,
			const char *name, struct fault *fault)
{
	const struct list *uses = &settings->via.uses;
	int r = 0;

	json_open(json, name, '[');
	for (size_t i = 0; r == 0 && i < uses->count; i++) {
		const struct via_use *use =
			list_at(uses, i, sizeof(struct via_use));

		if (via_is_in(use, name))
			r = via_add_value(settings, json, NULL, use, fault);
	}
	json_close(json, ']');
	return r;
}

/* The last use counts; or, of a list, all. */
static int via_add_field(struct run_settings *settings, struct json *json,
			 const struct via_field *field, struct fault *fault)
{
	const struct list *uses = &settings->via.uses;
	const struct via_use *last = NULL;
	char name[32];

	via_spell(field->option, name, sizeof(name));
	for (size_t i = 0; i < uses->count; i++) {
		const struct via_use *use =
			list_at(uses, i, sizeof(struct via_use));

		if (use->field == field)
			last = use;
	}
	if (!last || field->kind == VIA_ALTERNATIVE) /* It needs a --ready. */
		return 0;
	if (field->kind == VIA_LIST)
		return via_add_list(settings, json, name, fault);
	if (field->kind == VIA_TEXT)
		return via_add_value(settings, json, name, last, fault);
	json_bool(json, name, true);
	return 0;
}

/* Members of an object: "command":["true"],"grace":"5s" */
int run_via_start(struct run_settings *settings, char **words, char **ret,
		  struct fault *fault)
{
	struct json json = { .is_line = true };
	int r = via_add_words(&json, words, fault);

	if (r == 0)
		r = via_add_env(settings, &json, fault);
	for (size_t i = 0; r == 0 && i < VIA_FIELDS; i++)
		r = via_add_field(settings, &json, &via_fields[i], fault);
	if (r == 0 && json.out.error)
		r = fault_set(fault, json.out.error, "out of memory");
	/* With the members that the relay adds. */
	if (r == 0 && json.out.used > LINES_MAX - 1024)
		r = fault_set(fault, -E2BIG,
			      "--via: the command and its variables are longer "
			      "than %lu bytes",
			      LINES_MAX);
	if (r < 0)
		buffer_free(&json.out);
	else
		*ret = json.out.text;
	return r;
}
