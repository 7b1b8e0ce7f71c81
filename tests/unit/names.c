// SPDX-License-Identifier: MIT
/* Promise: braces around a name are replaced, all others stay (net/names.h).
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "net/names.h"

static struct list names;

static int set_up(void **state)
{
	static const struct name all[] = {
		{ .name = "web",
		  .address = "127.0.0.1:80",
		  .port = 80,
		  .fd = 3 },
		{ .name = "web-api",
		  .address = "[::1]:81",
		  .port = 81,
		  .fd = 4 },
		{ .name = "db", .address = "/run/{web}", .port = 0, .fd = 5 },
		{ .name = "own",
		  .address = "127.0.0.1:9",
		  .port = 9,
		  .fd = -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(list_append(&names, &all[i], sizeof(all[i])),
				 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	list_free(&names);
	return 0;
}

static void assert_becomes(const char *text, const char *expected)
{
	char *got = NULL;

	assert_int_equal(names_expand(&names, text, &got), 0);
	assert_string_equal(got, expected);
	free(got);
}

static void names_are_replaced(void **state)
{
	(void)state;
	assert_becomes("{web}", "127.0.0.1:80");
	assert_becomes("${web} $ {web}", "${web} $ 127.0.0.1:80");
	assert_becomes("{addr:web}", "127.0.0.1:80");
	assert_becomes("{host:web}", "127.0.0.1");
	assert_becomes("{port:web}{fd:web}", "803");
	assert_becomes("http://{web-api}/x", "http://[::1]:81/x");
	assert_becomes("a{port:own}b{fd:db}c", "a9b5c");
}

static void what_was_put_in_is_not_looked_at_again(void **state)
{
	(void)state;
	assert_becomes("{db}", "/run/{web}");
}

static void other_braces_stay(void **state)
{
	static const char *const same[] = {
		"",	      "{",	    "}",	   "{}",
		"{{}}",	      "{ web}",	    "{web ",	   "{Web}",
		"{we}",	      "{webs}",	    "{fd:own}",	   "{port:db}",
		"{fd:}",      "{fd:nope}",  "{a:web}",	   "{port: web}",
		"{\"a\": 1}", "{{port:x}}", "{fd:fd:web}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++)
		assert_becomes(same[i], same[i]);
}

static void braces_in_braces(void **state)
{
	(void)state;
	assert_becomes("{{web}}", "{127.0.0.1:80}");
	assert_becomes("{x{port:web}", "{x80");
	assert_becomes("{web{web}", "{web127.0.0.1:80");
}

static void names_in_a_text_are_found(void **state)
{
	const char *text = "{x} ${port:a} {port:b-1} {port: c} {fd:}{addr:d} {";
	size_t length;

	(void)state;
	text = names_next(text, &length);
	assert_int_equal(length, 3);
	assert_memory_equal(text, "b-1}", 4);
	text = names_next(text + length, &length);
	assert_int_equal(length, 1);
	assert_memory_equal(text, "d} {", 4);
	assert_null(names_next(text + length, &length));
	assert_null(names_next("", &length));
}

static void without_names_nothing_changes(void **state)
{
	const struct list none = { 0 };
	char *got = NULL;

	(void)state;
	assert_int_equal(names_expand(&none, "a{web}", &got), 0);
	assert_string_equal(got, "a{web}");
	free(got);
}

static void what_is_a_name(void **state)
{
	static const char *const good[] = { "a", "A9", "a_b-c",
					    "abcdefghijklmnopqrstuvwxyz01234" };
	static const char *const bad[] = {
		"",    "9",   "-a", "_a",
		"a b", "a:b", "ä",  "abcdefghijklmnopqrstuvwxyz012345"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(name_check(good[i], strlen(good[i])), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(name_check(bad[i], strlen(bad[i])), -EINVAL);
	assert_int_equal(name_check("a=b", 1), 0);
}

static void assert_variables(const char *name, const char *address, int port,
			     const char *first, const char *second)
{
	CLEANUP(list_free_texts) struct list texts = { 0 };
	CLEANUP(list_free) struct list env = { 0 };

	assert_int_equal(name_add_variables(name, address, port, &env, &texts),
			 0);
	assert_int_equal(env.count, second ? 2 : 1);
	assert_string_equal(*(char **)list_at(&env, 0, sizeof(char *)), first);
	if (second)
		assert_string_equal(*(char **)list_at(&env, 1, sizeof(char *)),
				    second);
}

static void variables_are_in_capitals(void **state)
{
	(void)state;
	assert_variables("web-api", "127.0.0.1:80", 80,
			 "WEB_API_ADDR=127.0.0.1:80", "WEB_API_PORT=80");
	assert_variables("db", "/run/db", 0, "DB_ADDR=/run/db", NULL);
	assert_variables("a.b c\xc3\xa4", "x", 1, "A_B_C___ADDR=x",
			 "A_B_C___PORT=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_replaced),
		cmocka_unit_test(what_was_put_in_is_not_looked_at_again),
		cmocka_unit_test(other_braces_stay),
		cmocka_unit_test(braces_in_braces),
		cmocka_unit_test(names_in_a_text_are_found),
		cmocka_unit_test(without_names_nothing_changes),
		cmocka_unit_test(what_is_a_name),
		cmocka_unit_test(variables_are_in_capitals),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, set_up, tear_down);
}
