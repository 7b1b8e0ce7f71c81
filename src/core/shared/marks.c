// SPDX-License-Identifier: MIT
#include "core/shared/marks.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* jig's own; pytest (a node id and the stage in parentheses); cargo-nextest;
 * bats. Jest and Vitest name the worker only. */
static const char *const mark_names[] = {
	"JIG_FIXTURE",	     "JIG_MARK",	  "PYTEST_CURRENT_TEST",
	"NEXTEST_BINARY_ID", "NEXTEST_TEST_NAME", "BATS_TEST_FILENAME",
	"BATS_TEST_NAME",    "JEST_WORKER_ID",	  "VITEST_WORKER_ID",
};

static bool is_mark(const char *variable)
{
	size_t length = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof(mark_names) / sizeof(mark_names[0]); i++)
		if (strlen(mark_names[i]) == length && variable[length] &&
		    strncmp(variable, mark_names[i], length) == 0)
			return true;
	return false;
}

static bool is_known(const char *variable, char *const *known)
{
	for (; known && *known; known++)
		if (strcmp(*known, variable) == 0)
			return true;
	return false;
}

static const char *mark_value(const struct marks *marks, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = marks->text; *at; at += strlen(at) + 1)
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static size_t marks_used(const struct marks *marks)
{
	const char *at = marks->text;

	while (*at)
		at += strlen(at) + 1;
	return (size_t)(at - marks->text);
}

void marks_take(struct marks *marks, const char *variable, char *const *known)
{
	size_t used = marks_used(marks), left = sizeof(marks->text) - used;

	/* Two NULs end it. A mark that would be cut before its value is none.
	 */
	if (!is_mark(variable) || is_known(variable, known) ||
	    strcspn(variable, "=") + 3 > left)
		return;
	text_copy(marks->text + used, left - 1, variable);
}

bool marks_are_ended(const struct marks *marks)
{
	return !marks->text[sizeof(marks->text) - 1] &&
	       !marks->text[sizeof(marks->text) - 2];
}

/* "x.py::test_y (call)" */
static void cut_stage(char *text)
{
	static const char *const stages[] = { " (setup)", " (call)",
					      " (teardown)" };
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		size_t end = strlen(stages[i]);

		if (length > end && strcmp(text + length - end, stages[i]) == 0)
			text[length - end] = '\0';
	}
}

/* The test is named before the fixture that it uses. */
bool marks_left_by(const struct marks *marks, char *ret, size_t size)
{
	static const struct {
		const char *outer, *inner, *between;
	} kinds[] = {
		{ NULL, "JIG_MARK", "" },
		{ NULL, "PYTEST_CURRENT_TEST", "" },
		{ "NEXTEST_BINARY_ID", "NEXTEST_TEST_NAME", " " },
		{ "BATS_TEST_FILENAME", "BATS_TEST_NAME", ": " },
		{ NULL, "JIG_FIXTURE", "" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *inner = mark_value(marks, kinds[i].inner);
		const char *outer = kinds[i].outer
					    ? mark_value(marks, kinds[i].outer)
					    : NULL;

		if (!inner || !*inner)
			continue;
		(void)snprintf(ret, size, "%s%s%s", outer ? outer : "",
			       outer ? kinds[i].between : "", inner);
		cut_stage(ret);
		return true;
	}
	*ret = '\0';
	return false;
}

void marks_json(struct json *json, const struct marks *marks)
{
	char text[sizeof(marks->text)], name[32];

	if (marks_left_by(marks, text, sizeof(text)))
		json_string(json, "left_by", text);
	else
		json_null(json, "left_by");
	json_open(json, "marks", '{');
	for (const char *at = marks->text; *at; at += strlen(at) + 1) {
		size_t length = strcspn(at, "=");

		(void)snprintf(name, sizeof(name), "%.*s", (int)length, at);
		json_string(json, name, at + length + (at[length] == '='));
	}
	json_close(json, '}');
}
