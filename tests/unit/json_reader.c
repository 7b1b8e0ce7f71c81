// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/json_reader.h"

struct reading {
	char *text;
	struct list values;
	struct json_fault fault;
	int r;
};

static struct reading read_bytes(const char *text, size_t size)
{
	struct reading reading = { .text = malloc(size + 1) };

	assert_non_null(reading.text);
	memcpy(reading.text, text, size);
	reading.text[size] = '\0';
	reading.r =
		json_read(reading.text, size, &reading.values, &reading.fault);
	return reading;
}

static void reading_free(struct reading *reading)
{
	list_free(&reading->values);
	free(reading->text);
}

static void assert_refused(const char *text, size_t size, const char *why,
			   int error)
{
	CLEANUP(reading_free) struct reading reading = read_bytes(text, size);

	if (reading.r != error || strcmp(reading.fault.why, why) != 0)
		print_message("%s\n", text);
	assert_int_equal(reading.r, error);
	assert_string_equal(reading.fault.why, why);
	assert_true(reading.fault.at <= size);
}

static void what_is_not_json_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "a value is missing" },
		{ " ", "a value is missing" },
		{ "{", "a name in quotes is missing" },
		{ "[", "a value is missing" },
		{ "[1,]", "it is not a value of JSON" },
		{ "{\"a\":1,}", "a name in quotes is missing" },
		{ "{a:1}", "a name in quotes is missing" },
		{ "{\"a\" 1}", "no ':' after the name" },
		{ "{\"a\":1 \"b\":2}", "',' or a closing bracket is missing" },
		{ "[1}", "',' or a closing bracket is missing" },
		{ "1 2", "text behind the value" },
		{ "{} x", "text behind the value" },
		{ "tru", "it is not a value of JSON" },
		{ "True", "it is not a value of JSON" },
		{ "NaN", "it is not a value of JSON" },
		{ "-", "it is not a number of JSON" },
		{ "01", "text behind the value" },
		{ "1.", "it is not a number of JSON" },
		{ ".5", "it is not a value of JSON" },
		{ "1e", "it is not a number of JSON" },
		{ "+1", "it is not a value of JSON" },
		{ "0x1", "text behind the value" },
		{ "'a'", "it is not a value of JSON" },
		{ "\"a", "a string is not closed" },
		{ "\"a\\", "the backslash begins no escape" },
		{ "\"\\q\"", "the backslash begins no escape" },
		{ "\"\\u12g4\"", "\\u needs four hex digits" },
		{ "\"\\u12", "\\u needs four hex digits" },
		{ "\"\\ud800\"", "half of a surrogate pair" },
		{ "\"\\ud800\\n\"", "half of a surrogate pair" },
		{ "\"\\ud800\\u0041\"", "half of a surrogate pair" },
		{ "\"\\udc00\"", "half of a surrogate pair" },
		{ "\"a\nb\"", "a control character in a string" },
		{ "\"\xff\"", "it is not UTF-8" },
		{ "\"\xc0\xaf\"", "it is not UTF-8" },
		{ "\"\xed\xa0\x80\"", "it is not UTF-8" },
		{ "\"\xe2\x82\"", "it is not UTF-8" },
		{ "{\"a\":1,\"a\":2}", "an object has a name twice" },
		{ "{\"a\":1,\"\\u0061\":2}", "an object has a name twice" },
		{ "// x\n1", "it is not a value of JSON" },
		{ "\xef\xbb\xbf{}", "it is not a value of JSON" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(rows[i].text, strlen(rows[i].text), rows[i].why,
			       -EINVAL);
	assert_refused("\"a\0b\"", 5, "a control character in a string",
		       -EINVAL);
	assert_refused("1\0", 2, "text behind the value", -EINVAL);
}

static void values_stand_in_the_order_of_the_text(void **state)
{
	static const char text[] = " {\"a\": [1, {\"b\": null}, []],\r\n"
				   "\"c\" : \"x\", \"\": true}\t";
	CLEANUP(reading_free)
	struct reading reading = read_bytes(text, strlen(text));
	const struct list *values = &reading.values;

	(void)state;
	assert_int_equal(reading.r, 0);
	assert_int_equal(values->count, 8);

	uint32_t a = json_member(values, 0, "a"), one = json_first(values, a);
	uint32_t object = json_next(values, a, one);

	assert_int_equal(json_at(values, a)->kind, JSON_ARRAY);
	assert_memory_equal(json_at(values, one)->text, "1", 1);
	assert_int_equal(json_at(values, one)->size, 1);
	assert_int_equal(
		json_at(values, json_member(values, object, "b"))->kind,
		JSON_NULL);

	uint32_t empty = json_next(values, a, object);

	assert_int_equal(json_first(values, empty), 0);
	assert_int_equal(json_next(values, a, empty), 0);
	assert_true(json_is(json_at(values, json_member(values, 0, "c")), "x"));
	assert_int_equal(json_at(values, json_member(values, 0, ""))->kind,
			 JSON_TRUE);
	assert_int_equal(json_member(values, 0, "b"), 0);
	assert_int_equal(json_member(values, one, "b"), 0);
}

static void strings_are_unescaped_in_place(void **state)
{
	static const char text[] =
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000z\"";
	static const char expected[] = "\"\\/\b\f\n\r\t\xc3\xa9"
				       "\xf0\x9f\x98\x80\0z";
	CLEANUP(reading_free)
	struct reading reading = read_bytes(text, strlen(text));
	const struct json_item *item = json_at(&reading.values, 0);

	(void)state;
	assert_int_equal(reading.r, 0);
	assert_int_equal(item->size, sizeof(expected) - 1);
	assert_memory_equal(item->text, expected, sizeof(expected));
	assert_null(json_plain(item)); /* It has a NUL. */
}

static void numbers_stay_as_they_were_written(void **state)
{
	static const char *const rows[] = {
		"0",   "-0",   "10",	 "-1.50",
		"1e5", "1E+5", "2.5e-3", "123456789012345678901234567890"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(reading_free)
		struct reading reading = read_bytes(rows[i], strlen(rows[i]));
		const struct json_item *item = json_at(&reading.values, 0);

		assert_int_equal(reading.r, 0);
		assert_int_equal(item->kind, JSON_NUMBER);
		assert_int_equal(item->size, strlen(rows[i]));
		assert_memory_equal(item->text, rows[i], item->size);
	}
}

static void fill(char *text, const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * strlen(piece), piece, strlen(piece));
	text[count * strlen(piece)] = '\0';
}

static void depth_and_counts_are_bounded(void **state)
{
	char *text = malloc((size_t)JSON_VALUES * 12);
	size_t used = 1;

	(void)state;
	assert_non_null(text);
	fill(text, "[", JSON_LEVELS);
	fill(text + JSON_LEVELS, "]", JSON_LEVELS);
	CLEANUP(reading_free)
	struct reading reading = read_bytes(text, strlen(text));

	assert_int_equal(reading.r, 0);
	fill(text, "[", JSON_LEVELS + 1);
	assert_refused(text, strlen(text), "it is nested too deep", -E2BIG);
	fill(text, "[1,", JSON_VALUES);
	text[0] = '[';
	fill(text + 1, "1,", JSON_VALUES);
	assert_refused(text, strlen(text), "too many values", -E2BIG);
	text[0] = '{';
	for (int i = 0; i <= JSON_MEMBERS; i++)
		used += (size_t)sprintf(text + used, "\"%d\":1,", i);
	assert_refused(text, used, "an object has too many members", -E2BIG);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_json_is_refused_with_the_reason),
		cmocka_unit_test(values_stand_in_the_order_of_the_text),
		cmocka_unit_test(strings_are_unescaped_in_place),
		cmocka_unit_test(numbers_stay_as_they_were_written),
		cmocka_unit_test(depth_and_counts_are_bounded),
	};

	return RUN(tests);
}
