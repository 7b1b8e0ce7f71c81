// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "base/text/ansi.h"

static void check(const char *text, const char *expected)
{
	size_t length = strlen(text);
	char *copy = malloc(length + 1); /* just as large: for sanitizers */

	assert_non_null(copy);
	memcpy(copy, text, length + 1);

	size_t n = ansi_strip(copy, length);

	if (n != strlen(expected) || memcmp(copy, expected, n) != 0)
		fail_msg("'%.*s' is not '%s'", (int)n, copy, expected);
	free(copy);
}

static void colours_go(void **state)
{
	(void)state;
	check("\033[1;32mready\033[0m on \033[38;5;4m80\033[m", "ready on 80");
	check("\033[2K\033[1Gup", "up");
	check("\033[?25lup", "up");
}

static void strings_go_with_what_ends_them(void **state)
{
	(void)state;
	check("\033]0;title\007up", "up");
	check("\033]8;;http://x\033\\link\033]8;;\033\\", "link");
	check("\033Pq#0\033\\up", "up");
}

static void single_escapes_go(void **state)
{
	(void)state;
	check("\033(Bup\0337\033=", "up");
	check("a\033cb", "ab");
}

static void what_the_end_cuts_goes(void **state)
{
	(void)state;
	check("up\033", "up");
	check("up\033[", "up");
	check("up\033[1;3", "up");
	check("up\033]0;ti", "up");
	check("up\033]0;ti\033", "up");
	check("up\033(", "up");
}

static void other_bytes_stay(void **state)
{
	char zero[] = { 'a', 0, 0x1b, '[', 'm', 'b' };

	(void)state;
	check("", "");
	check("[1m", "[1m");
	check("\xc3\xa9\xff\t\r", "\xc3\xa9\xff\t\r");
	check("\033[1\nm", "\nm"); /* A control character ends it. */
	assert_int_equal(ansi_strip(zero, sizeof(zero)), 3);
	assert_memory_equal(zero, "a\0b", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_go),
		cmocka_unit_test(strings_go_with_what_ends_them),
		cmocka_unit_test(single_escapes_go),
		cmocka_unit_test(what_the_end_cuts_goes),
		cmocka_unit_test(other_bytes_stay),
	};

	return RUN(tests);
}
