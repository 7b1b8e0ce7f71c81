// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/shared/marks.h"

static char *const no_variables[] = { NULL };

static void check_left_by(const char *const *variables, const char *expected)
{
	struct marks marks = { 0 };
	char by[320];

	for (; *variables; variables++)
		marks_take(&marks, *variables, no_variables);
	assert_true(marks_are_ended(&marks));
	assert_int_equal(marks_left_by(&marks, by, sizeof(by)), *expected != 0);
	assert_string_equal(by, expected);
}

#define LEFT_BY(expected, ...)                                                 \
	check_left_by((const char *const[]){ __VA_ARGS__, NULL }, expected)

static void the_variables_of_runners_name_the_test(void **state)
{
	(void)state;
	LEFT_BY("t/test_x.py::test_y[a]",
		"PYTEST_CURRENT_TEST=t/test_x.py::test_y[a] (call)");
	LEFT_BY("x.py::test_y", "PYTEST_CURRENT_TEST=x.py::test_y (setup)");
	LEFT_BY("x.py::test_y", "PYTEST_CURRENT_TEST=x.py::test_y (teardown)");
	LEFT_BY("x.py::t[(call) x]", "PYTEST_CURRENT_TEST=x.py::t[(call) x]");
	LEFT_BY("crate::it tests::one", "NEXTEST_TEST_NAME=tests::one",
		"NEXTEST_BINARY_ID=crate::it");
	LEFT_BY("tests::one", "NEXTEST_TEST_NAME=tests::one");
	LEFT_BY("/t/a.bats: test_one", "BATS_TEST_FILENAME=/t/a.bats",
		"BATS_TEST_NAME=test_one");
	LEFT_BY("db", "JIG_FIXTURE=db");
	LEFT_BY("mine", "JIG_FIXTURE=db", "PYTEST_CURRENT_TEST=x",
		"JIG_MARK=mine");
}

static void a_worker_names_no_test(void **state)
{
	(void)state;
	LEFT_BY("", "JEST_WORKER_ID=3", "VITEST_WORKER_ID=4");
	LEFT_BY("", "NEXTEST_BINARY_ID=crate::it");
	LEFT_BY("", "JIG_MARK=");
}

static void other_variables_are_no_marks(void **state)
{
	struct marks marks = { 0 };

	(void)state;
	marks_take(&marks, "PATH=/bin", no_variables);
	marks_take(&marks, "JIG_MARKS=x", no_variables);
	marks_take(&marks, "JIG_MAR=x", no_variables);
	marks_take(&marks, "JIG_MARK", no_variables);
	marks_take(&marks, "=", no_variables);
	marks_take(&marks, "", no_variables);
	assert_int_equal(marks.text[0], 0);
}

static void what_main_has_is_left_out(void **state)
{
	char one[] = "PYTEST_CURRENT_TEST=outer";
	char *const known[] = { one, NULL };
	struct marks marks = { 0 };
	char by[32];

	(void)state;
	marks_take(&marks, "PYTEST_CURRENT_TEST=outer", known);
	assert_false(marks_left_by(&marks, by, sizeof(by)));
	marks_take(&marks, "PYTEST_CURRENT_TEST=inner", known);
	assert_true(marks_left_by(&marks, by, sizeof(by)));
	assert_string_equal(by, "inner");
}

static void what_does_not_fit_is_cut(void **state)
{
	char longest[1000] = "JIG_MARK=";
	struct marks marks = { 0 };
	char by[1000];

	(void)state;
	memset(longest + 9, 'x', sizeof(longest) - 10);
	for (int i = 0; i < 3; i++) {
		marks_take(&marks, longest, NULL);
		assert_true(marks_are_ended(&marks));
	}
	assert_true(marks_left_by(&marks, by, sizeof(by)));
	assert_int_equal(strlen(by), sizeof(marks) - 2 - strlen("JIG_MARK="));
	memset(&marks, 0, sizeof(marks));
	longest[270] = '\0';
	marks_take(&marks, longest, NULL);
	for (int i = 0; i < 30; i++)
		marks_take(&marks, "JEST_WORKER_ID=123", NULL);
	assert_true(marks_are_ended(&marks));
	assert_true(marks_left_by(&marks, by, sizeof(by)));
}

static void bytes_without_an_end_are_refused(void **state)
{
	struct marks marks;

	(void)state;
	memset(&marks, 'x', sizeof(marks));
	assert_false(marks_are_ended(&marks));
	marks.text[sizeof(marks) - 1] = '\0';
	assert_false(marks_are_ended(&marks));
	marks.text[sizeof(marks) - 2] = '\0';
	assert_true(marks_are_ended(&marks));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_variables_of_runners_name_the_test),
		cmocka_unit_test(a_worker_names_no_test),
		cmocka_unit_test(other_variables_are_no_marks),
		cmocka_unit_test(what_main_has_is_left_out),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(bytes_without_an_end_are_refused),
	};

	return RUN(tests);
}
