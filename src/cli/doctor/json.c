// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text/json.h"
#include "cli/doctor/doctor.h"
#include "cli/doctor/machine.h"

/* Of the format: it changes when a field is removed or changes its meaning. */
#define FORMAT 1

static void string_or_null(struct json *json, const char *name,
			   const char *value)
{
	if (value && *value)
		json_string(json, name, value);
	else
		json_null(json, name);
}

static void json_add_jig(struct json *json, const struct here *here)
{
	json_open(json, "jig", '{');
	json_string(json, "version", here->jig.version);
	string_or_null(json, "path", here->jig.path);
	json_string(json, "libc", here->libc);
	json_number(json, "uid", geteuid());
	json_close(json, '}');
	if (!*here->up.version) {
		json_null(json, "jig_up");
		return;
	}
	json_open(json, "jig_up", '{');
	json_string(json, "version", here->up.version);
	string_or_null(json, "path", here->up.path);
	json_close(json, '}');
}

static void json_add_cage(struct json *json, const struct trial *trial)
{
	const struct cage_ops *ops = cage_ops_of(trial->kind);

	json_open(json, NULL, '{');
	json_string(json, "kind", cage_kind_name(trial->kind));
	json_string(json, "strength", cage_strength_name(ops->strength));
	json_bool(json, "works", trial->works);
	string_or_null(json, "why", trial->works ? NULL : trial->why.text);
	string_or_null(json, "advice",
		       trial->works ? NULL : doctor_advice(trial));
	json_close(json, '}');
}

static void json_add_cages(struct json *json, const struct findings *findings)
{
	const struct trial *choice = &findings->choice;

	json_bool(json, "contained", findings->contained);
	json_open(json, "cages", '[');
	for (size_t i = 0; i < DOCTOR_CAGES; i++)
		json_add_cage(json, &findings->cages[i]);
	json_close(json, ']');
	json_open(json, "auto", '{');
	string_or_null(json, "kind",
		       choice->works ? cage_kind_name(choice->kind) : NULL);
	json_string(json, "why", choice->why.text);
	json_close(json, '}');
}

static void json_add_machine(struct json *json)
{
	char text[FAULT_SIZE];

	json_open(json, "machine", '{');
	for (const struct machine_fact *fact = machine_facts; fact->name;
	     fact++) {
		fact->write(text, sizeof(text));
		json_string(json, fact->field, text);
	}
	json_close(json, '}');
}

static void json_add_runtime(struct json *json,
			     const struct here_directory *runtime)
{
	bool works = runtime->error == 0;
	char mode[8];

	json_open(json, "runtime_directory", '{');
	json_string(json, "path", runtime->path);
	string_or_null(json, "problem", here_problem(runtime));
	if (works)
		json_number(json, "owner", runtime->owner);
	else
		json_null(json, "owner");
	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)runtime->mode);
	string_or_null(json, "mode", works ? mode : NULL);
	string_or_null(json, "file_system", runtime->type);
	json_close(json, '}');
}

static void json_add_terminal(struct json *json,
			      const struct here_terminal *terminal)
{
	json_open(json, "terminal", '{');
	json_bool(json, "stdin", terminal->is[STDIN_FILENO]);
	json_bool(json, "stdout", terminal->is[STDOUT_FILENO]);
	json_bool(json, "stderr", terminal->is[STDERR_FILENO]);
	string_or_null(json, "name", terminal->name);
	string_or_null(json, "term", terminal->term);
	json_number(json, "rows", terminal->size.ws_row);
	json_number(json, "columns", terminal->size.ws_col);
	json_bool(json, "utf8", terminal->utf8);
	json_close(json, '}');
}

/* null: unlimited */
static void json_add_limit(struct json *json, const char *name, rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		json_null(json, name);
	else
		json_number(json, name, (int64_t)limit);
}

static void json_add_limits(struct json *json)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	json_open(json, "limits", '{');
	for (const struct here_limit *one = here_limits; one->name; one++) {
		(void)getrlimit(one->resource, &limit); /* a valid pointer */
		json_open(json, one->field, '{');
		json_add_limit(json, "soft", limit.rlim_cur);
		json_add_limit(json, "hard", limit.rlim_max);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void json_add_variables(struct json *json)
{
	json_open(json, "variables", '{');
	for (const char *const *name = here_variables; *name; name++)
		if (getenv(*name))
			json_string(json, *name, getenv(*name));
		else
			json_null(json, *name);
	json_close(json, '}');
}

void doctor_json(const struct findings *findings, struct buffer *ret)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_number(&json, "version", FORMAT);
	json_add_jig(&json, &findings->here);
	json_add_cages(&json, findings);
	json_add_machine(&json);
	json_add_runtime(&json, &findings->here.runtime);
	json_add_terminal(&json, &findings->here.terminal);
	json_add_limits(&json);
	json_add_variables(&json);
	json_close(&json, '}');
	buffer_add(&json.out, "\n", 1);
	*ret = json.out;
}
