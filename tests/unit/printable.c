// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "view/printable.h"

static void assert_added(const char *text, size_t length, size_t limit,
			 const char *wanted, size_t columns)
{
	CLEANUP(buffer_free) struct buffer buffer = { 0 };

	assert_int_equal(printable_add(&buffer, text, length, limit), columns);
	assert_string_equal(buffer.text ? buffer.text : "", wanted);
}

static void what_can_be_printed_stays_as_it_is(void **state)
{
	(void)state;
	assert_added("vim notes.txt", 13, 80, "vim notes.txt", 13);
	assert_added("", 0, 80, "", 0);
	assert_added("gr\xc3\xbc\xc3\x9f", 6, 80, "gr\xc3\xbc\xc3\x9f", 4);
}

static void nothing_that_is_added_moves_a_cursor(void **state)
{
	(void)state;
	assert_added("a\033[2Jb\n\x7f", 8, 80, "a?[2Jb??", 8);
	/* C1: CSI as one character, and as a byte that is no UTF-8. */
	assert_added("\xc2\x9b"
		     "2J",
		     4, 80, "?2J", 3);
	assert_added("\x9b"
		     "2J",
		     3, 80, "?2J", 3);
	assert_added("\xff\xfe", 2, 80, "??", 2);
	/* Cut in the middle, and longer than it need be. */
	assert_added("\xe2\x82", 2, 80, "??", 2);
	assert_added("\xc0\x80", 2, 80, "??", 2);
}

static void what_is_between_arguments_is_a_blank(void **state)
{
	CLEANUP(buffer_free) struct buffer buffer = { 0 };

	(void)state;
	assert_int_equal(printable_add_arguments(&buffer,
						 "sh\0-c\0a\n\tb\033\x7f\xff",
						 13, 80),
			 13);
	assert_string_equal(buffer.text, "sh -c a ?b???");
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	(void)state;
	assert_added("abcdef", 6, 3, "abc", 3);
	assert_added("\xc3\xbc\xc3\xbc\xc3\xbc", 6, 2, "\xc3\xbc\xc3\xbc", 2);
	assert_added("abc", 3, 0, "", 0);
}

static void bytes_that_fit_into_columns(void **state)
{
	(void)state;
	assert_int_equal(printable_cut("abcdef", 6, 3), 3);
	assert_int_equal(printable_cut("abc", 3, 80), 3);
	assert_int_equal(printable_cut("\xc3\xbc\xc3\xbcx", 5, 2), 4);
	assert_int_equal(printable_cut("abc", 3, 0), 0);
	assert_int_equal(printable_cut("", 0, 5), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_printed_stays_as_it_is),
		cmocka_unit_test(nothing_that_is_added_moves_a_cursor),
		cmocka_unit_test(what_is_between_arguments_is_a_blank),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
		cmocka_unit_test(bytes_that_fit_into_columns),
	};

	return RUN(tests);
}
