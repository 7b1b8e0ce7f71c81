// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "base/text/json.h"

static void assert_text(struct json *json, const char *expected)
{
	assert_int_equal(json->out.error, 0);
	assert_string_equal(json->out.text, expected);
	buffer_free(&json->out);
}

static void quotes_and_controls_are_escaped(void **state)
{
	struct json json = { 0 };

	(void)state;
	json_string(&json, NULL, "a\"b\\c\n\x01\x7f\xc2\x9b\xe2\x80\xae");
	assert_text(&json,
		    "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\\u009b\\u202e\"");
}

static void what_is_no_utf8_becomes_the_replacement_character(void **state)
{
	struct json json = { 0 };

	(void)state;
	json_string(&json, NULL,
		    "\xff\xc3\xa4\xe2\x82"
		    "x\xc0\xaf");
	assert_text(&json, "\"\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd"
			   "x\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void members_are_parted_by_commas(void **state)
{
	struct json json = { 0 };

	(void)state;
	json_open(&json, NULL, '{');
	json_number(&json, "a", INT64_MIN);
	json_open(&json, "b", '[');
	json_bool(&json, NULL, true);
	json_null(&json, NULL);
	json_close(&json, ']');
	json_open(&json, "c", '[');
	json_close(&json, ']');
	json_close(&json, '}');
	assert_text(&json, "{\n  \"a\": -9223372036854775808,\n"
			   "  \"b\": [\n    true,\n    null\n  ],\n"
			   "  \"c\": []\n}");
}

static void seconds_have_six_digits(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "0.000000" },
		{ 1, "0.000001" },
		{ 1500000, "1.500000" },
		{ -1, "-0.000001" },
		{ -2500000, "-2.500000" },
		{ INT64_MAX, "9223372036854.775807" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json json = { 0 };

		json_seconds(&json, NULL, rows[i].us);
		assert_text(&json, rows[i].text);
	}
}

static void a_line_has_no_layout(void **state)
{
	struct json json = { .is_line = true };
	static const char inner[] = "{\n  \"x\": [\n    \" a\"\n  ]\n}\n";

	(void)state;
	json_open(&json, NULL, '{');
	json_value(&json, "a", inner, strlen(inner));
	json_open(&json, "b", '[');
	json_close(&json, ']');
	json_close(&json, '}');
	assert_text(&json, "{\"a\":{\"x\": [\" a\"]},\"b\":[]}");
}

static void bytes_may_be_any(void **state)
{
	struct json json = { 0 };

	(void)state;
	json_bytes(&json, NULL, "a\0b\xff\xe2\x82", 6);
	assert_text(&json, "\"a\\u0000b\xef\xbf\xbd\xef\xbf\xbd"
			   "\xef\xbf\xbd\"");
}

static void base64_is_that_of_the_rfc(void **state)
{
	static const char *const rows[][2] = {
		{ "", "\"\"" },
		{ "f", "\"Zg==\"" },
		{ "fo", "\"Zm8=\"" },
		{ "foo", "\"Zm9v\"" },
		{ "foob", "\"Zm9vYg==\"" },
		{ "fooba", "\"Zm9vYmE=\"" },
		{ "foobar", "\"Zm9vYmFy\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json json = { 0 };

		json_base64(&json, NULL, rows[i][0], strlen(rows[i][0]));
		assert_text(&json, rows[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_and_controls_are_escaped),
		cmocka_unit_test(
			what_is_no_utf8_becomes_the_replacement_character),
		cmocka_unit_test(members_are_parted_by_commas),
		cmocka_unit_test(seconds_have_six_digits),
		cmocka_unit_test(a_line_has_no_layout),
		cmocka_unit_test(bytes_may_be_any),
		cmocka_unit_test(base64_is_that_of_the_rfc),
	};

	return RUN(tests);
}
