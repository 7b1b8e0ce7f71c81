// SPDX-License-Identifier: MIT
/* Quoting: each reader gets back what was given. */
#include "unit.h"

#include "up/export/text.h"

static void check(struct buffer *out, const char *wanted)
{
	assert_string_equal(out->text, wanted);
	buffer_free(out);
}

static void test_systemd_keeps_specifiers_and_dollars(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	quote_systemd(&out, "a\"\\%n$X\n\x01", true);
	check(&out, "\"a\\\"\\\\%%n$$X\\n\\x01\"");
	out = (struct buffer){ 0 };
	quote_systemd(&out, "$X", false);
	check(&out, "\"$X\"");
}

static void test_sh_ends_no_quotes(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	quote_sh(&out, "a'b\n$c");
	check(&out, "'a'\\''b\n$c'");
}

static void test_supervisor_begins_no_comment(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	quote_supervisor(&out, "a ;%");
	check(&out, "'a '';%%'");
}

static void test_yaml_doubles_dollars(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	quote_yaml(&out, "$a\"\n", DOLLARS_COMPOSE);
	check(&out, "\"$$a\\\"\\u000a\"");
}

/* Kubernetes reads $$ as $, and $( as the begin of a name. */
static void test_yaml_doubles_dollars_for_kubernetes(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	quote_yaml(&out, "$a $(b) $$ $", DOLLARS_KUBERNETES);
	check(&out, "\"$a $$(b) $$$ $\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_systemd_keeps_specifiers_and_dollars),
		cmocka_unit_test(test_sh_ends_no_quotes),
		cmocka_unit_test(test_supervisor_begins_no_comment),
		cmocka_unit_test(test_yaml_doubles_dollars),
		cmocka_unit_test(test_yaml_doubles_dollars_for_kubernetes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
