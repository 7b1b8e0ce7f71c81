// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "tty/raw_terminal.h"

static void a_key_is_parsed(void **state)
{
	static const struct {
		const char *text;
		unsigned char first, second;
	} keys[] = {
		{ "ctrl-] d", 0x1d, 'd' }, { "ctrl-a q", 0x01, 'q' },
		{ "Ctrl-A q", 0x01, 'q' }, { "ctrl-P ctrl-Q", 0x10, 0x11 },
		{ "ctrl-\\", 0x1c, 0 },	   { "ctrl-_", 0x1f, 0 },
		{ "none", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct detach_key key = { .is_armed = true };

		assert_int_equal(detach_key_parse(keys[i].text, &key), 0);
		assert_int_equal(key.first, keys[i].first);
		assert_int_equal(key.second, keys[i].second);
		assert_false(key.is_armed);
	}
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",	   "d",		"ctrl-",       "ctrl-@",
		"ctrl-1",  "ctrl-a qq", "ctrl-a  q",   "ctrl-a ",
		"ctrl-aq", "ctrl-a\tq", "nonesuch",    "ctrl-a ctrl-a",
		"None",	   "d ctrl-a",	"ctrl-a \xe4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct detach_key key = { .first = 7 };

		assert_int_equal(detach_key_parse(wrong[i], &key), -EINVAL);
		assert_int_equal(key.first, 7);
	}
}

/* Type @keys, cut after @cut bytes, and see what is passed on. */
static bool typed(struct detach_key key, const char *keys, size_t cut,
		  char *passed)
{
	size_t size = strlen(keys), used = 0;
	char first[32], second[32];
	size_t first_size = 0, second_size = 0;
	bool found = detach_key_filter(&key, keys, cut, first, &first_size);

	if (!found)
		found = detach_key_filter(&key, keys + cut, size - cut, second,
					  &second_size);
	memcpy(passed, first, first_size);
	used = first_size;
	memcpy(passed + used, second, second_size);
	passed[used + second_size] = '\0';
	return found;
}

static void the_key_is_found_wherever_reads_are_cut(void **state)
{
	static const struct {
		const char *keys, *passed;
		bool found;
	} cases[] = {
		{ "", "", false },
		{ "abc", "abc", false },
		{ "ab\x1d"
		  "dxyz",
		  "ab", true },
		{ "\x1d\x1d", "\x1d", false },
		{ "\x1d\x1d"
		  "d",
		  "\x1d"
		  "d",
		  false },
		{ "\x1d\x1d\x1d"
		  "d",
		  "\x1d", true },
		{ "\x1dx\x1dy", "\x1dx\x1dy", false },
		{ "d\x1d", "d", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t cut = 0; cut <= strlen(cases[i].keys); cut++) {
			struct detach_key key = { .first = 0x1d,
						  .second = 'd' };
			char passed[64];

			assert_int_equal(typed(key, cases[i].keys, cut, passed),
					 cases[i].found);
			assert_string_equal(passed, cases[i].passed);
		}
}

static void without_a_key_all_is_passed_on(void **state)
{
	char passed[64];

	(void)state;
	assert_false(typed((struct detach_key){ 0 },
			   "a\x1d"
			   "d",
			   1, passed));
	assert_string_equal(passed, "a\x1d"
				    "d");
}

static void a_key_of_one_byte_needs_no_second(void **state)
{
	char passed[64];

	(void)state;
	assert_true(typed((struct detach_key){ .first = 0x1c },
			  "a\x1c"
			  "b",
			  2, passed));
	assert_string_equal(passed, "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_parsed),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(the_key_is_found_wherever_reads_are_cut),
		cmocka_unit_test(without_a_key_all_is_passed_on),
		cmocka_unit_test(a_key_of_one_byte_needs_no_second),
	};

	return RUN(tests);
}
