// SPDX-License-Identifier: MIT
/* Many variables at once are set as one after the other. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/environment.h"

static void append(struct list *list, const char *variable)
{
	assert_int_equal(list_append(list, (void *)&variable, sizeof(variable)),
			 0);
}

static void assert_same(const struct list *a, const struct list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_ptr_equal(*(char **)list_at(a, i, sizeof(char *)),
				 *(char **)list_at(b, i, sizeof(char *)));
}

static void test_many_are_set_as_one_after_the_other(void **state)
{
	static const char *const old[] = { "A=1", "B=1", "AB=1", "B=twice" };
	static const char *const new[] = { "B=2",  "C=1", "A=",	 "A=3",
					   "AB=C", "C=2", "D=4", "D=" };
	CLEANUP(list_free) struct list one = { 0 };
	CLEANUP(list_free) struct list all = { 0 };
	CLEANUP(list_free) struct list more = { 0 };

	(void)state;
	assert_int_equal(environment_set_all(&all, &more), 0);
	assert_int_equal(all.count, 0);
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		append(&one, old[i]);
		append(&all, old[i]);
	}
	assert_int_equal(environment_set_all(&all, &more), 0);
	assert_same(&one, &all);
	for (size_t i = 0; i < sizeof(new) / sizeof(new[0]); i++) {
		assert_int_equal(environment_set(&one, new[i]), 0);
		append(&more, new[i]);
	}
	assert_int_equal(environment_set_all(&all, &more), 0);
	assert_same(&one, &all);
}

static void test_a_wrong_one_changes_nothing(void **state)
{
	static const char *const wrong[] = { "=1", "A", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CLEANUP(list_free) struct list all = { 0 };
		CLEANUP(list_free) struct list more = { 0 };

		append(&all, "A=1");
		append(&more, "A=2");
		append(&more, wrong[i]);
		assert_int_equal(environment_set_all(&all, &more), -EINVAL);
		assert_int_equal(all.count, 1);
		assert_string_equal(*(char **)all.items, "A=1");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_are_set_as_one_after_the_other),
		cmocka_unit_test(test_a_wrong_one_changes_nothing),
	};

	return RUN(tests);
}
