// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "up/project/order.h"

static void add_dependency(struct service *service, const char *name, int line)
{
	struct dependency on = { .name = name, .line = line };

	assert_non_null(name);
	assert_int_equal(list_append(&service->depends, &on, sizeof(on)), 0);
}

/* "a:b,c d:a e": services, each with what it depends on. */
static void make(struct project *project, const char *text)
{
	char *copy = strdup(text), *word, *rest = copy;

	while ((word = strsep(&rest, " "))) {
		char *names = word, *name = strsep(&names, ":");
		struct service service = {
			.name = project_copy(project, name),
		};

		while (names && (name = strsep(&names, ",")))
			add_dependency(&service, project_copy(project, name),
				       3);
		assert_int_equal(project_add(project, &service), 0);
	}
	free(copy);
}

static void assert_checks(const char *text, int expected, const char *why)
{
	CLEANUP(project_free) struct project project = { .file = "/x/a.yaml" };
	struct fault fault = { "" };

	make(&project, text);
	int r = order_check(&project, &fault);

	if (r != expected || strcmp(fault.text, why) != 0)
		fail_msg("'%s': %d '%s'", text, r, fault.text);
}

static void what_depends_on_others_that_exist_is_right(void **state)
{
	(void)state;
	assert_checks("a", 0, "");
	assert_checks("a:b b:c c", 0, "");
	assert_checks("a:b,c b:d c:d d", 0, "");
	assert_checks("d c:d b:d a:b,c", 0, "");
	assert_checks("a:b,b b", 0, "");
}

static void a_project_without_services_is_right(void **state)
{
	struct project project = { 0 };

	(void)state;
	assert_int_equal(order_check(&project, NULL), 0);
}

static void a_circle_is_printed(void **state)
{
#define EACH_OTHER "services depend on each other: "
	(void)state;
	assert_checks("a:a", -ELOOP, EACH_OTHER "a → a");
	assert_checks("a:b b:a", -ELOOP, EACH_OTHER "a → b → a");
	assert_checks("a:b b:c c:d d:b", -ELOOP, EACH_OTHER "b → c → d → b");
	assert_checks("x y:x a:x,b b:y,c c:x,a", -ELOOP,
		      EACH_OTHER "a → b → c → a");
}

static void what_does_not_exist_is_named_with_the_nearest(void **state)
{
	(void)state;
	assert_checks("web:databse database", -ENOENT,
		      "/x/a.yaml:3: web depends on 'databse', which does not "
		      "exist; did you mean 'database'?");
	assert_checks(
		"web:zzz database", -ENOENT,
		"/x/a.yaml:3: web depends on 'zzz', which does not exist");
}

static void a_line_that_is_unknown_is_not_told(void **state)
{
	CLEANUP(project_free) struct project project = { .file = "/x" };
	struct service service = { .name = "a" };
	struct fault fault;

	(void)state;
	add_dependency(&service, "zzz", 0);
	assert_int_equal(project_add(&project, &service), 0);
	assert_int_equal(order_check(&project, &fault), -ENOENT);
	assert_string_equal(fault.text,
			    "a depends on 'zzz', which does not exist");
}

static void dependencies_of_dependencies_count(void **state)
{
	CLEANUP(project_free) struct project project = { 0 };

	(void)state;
	make(&project, "a:b b:c c d:c,gone");
	assert_true(order_needs(&project, "a", "b"));
	assert_true(order_needs(&project, "a", "c"));
	assert_true(order_needs(&project, "d", "gone"));
	assert_false(order_needs(&project, "c", "a"));
	assert_false(order_needs(&project, "a", "d"));
	assert_false(order_needs(&project, "a", "a"));
	assert_false(order_needs(&project, "nobody", "a"));
}

static void a_circle_ends(void **state)
{
	CLEANUP(project_free) struct project project = { 0 };

	(void)state;
	make(&project, "a:b b:a c");
	assert_true(order_needs(&project, "a", "a"));
	assert_false(order_needs(&project, "a", "c"));
}

/* s0 needs both of a layer, both need both of the next one, and so on: 2^60
 * ways. And a chain of 2000, which is no deep stack. */
static void layers_and_chains_are_no_burden(void **state)
{
	CLEANUP(project_free) struct project layers = { 0 }, chain = { 0 };

	(void)state;
	for (int i = 0; i < 120; i++) {
		struct service service = {
			.name = project_print(&layers, "s%d", i),
		};

		for (int next = i - i % 2 + 2; i < 118 && next < i - i % 2 + 4;
		     next++)
			add_dependency(&service,
				       project_print(&layers, "s%d", next), 0);
		assert_int_equal(project_add(&layers, &service), 0);
	}
	for (int i = 0; i < 2000; i++) {
		struct service service = {
			.name = project_print(&chain, "s%d", i),
		};

		if (i < 1999)
			add_dependency(&service,
				       project_print(&chain, "s%d", i + 1), 0);
		assert_int_equal(project_add(&chain, &service), 0);
	}
	assert_int_equal(order_check(&layers, NULL), 0);
	assert_true(order_needs(&layers, "s0", "s119"));
	assert_false(order_needs(&layers, "s0", "s1"));
	assert_int_equal(order_check(&chain, NULL), 0);
	assert_true(order_needs(&chain, "s0", "s1999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_depends_on_others_that_exist_is_right),
		cmocka_unit_test(a_project_without_services_is_right),
		cmocka_unit_test(a_circle_is_printed),
		cmocka_unit_test(what_does_not_exist_is_named_with_the_nearest),
		cmocka_unit_test(a_line_that_is_unknown_is_not_told),
		cmocka_unit_test(dependencies_of_dependencies_count),
		cmocka_unit_test(a_circle_ends),
		cmocka_unit_test(layers_and_chains_are_no_burden),
	};

	return RUN(tests);
}
