// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "screen/replay/replay.h"

/* A screen of its own, for 3 rows. */
#define PAGE "\033[999;1H\n\n\n\033[H"

static void check_same(const char *found, const char *expected,
		       const char *bytes)
{
	if (strcmp(found, expected) != 0)
		fail_msg("of '%s': '%s' is not '%s'", bytes, found, expected);
}

/* In memory of just that size, for sanitizers. */
static struct replay kept(const char *bytes, bool is_cut)
{
	size_t size = strlen(bytes);
	char *copy = malloc(size + 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	copy = realloc(copy, size ? size : 1);
	assert_non_null(copy);
	return (struct replay){ copy, size, 3, 10, is_cut };
}

/* On a screen of 3 rows and 10 columns. */
static void check_lines(const char *bytes, bool is_cut, const char *expected)
{
	struct replay replay = kept(bytes, is_cut);
	struct buffer ret = { 0 };

	replay_lines(&replay, &ret);
	assert_int_equal(ret.error, 0);
	assert_memory_equal(ret.text, "\033[m", 3);
	check_same(ret.text + 3, expected, bytes);
	buffer_free(&ret);
	free((char *)replay.bytes);
}

static void check(const char *bytes, const char *expected)
{
	check_lines(bytes, false, expected);
}

static void check_cut(const char *bytes, const char *expected)
{
	check_lines(bytes, true, expected);
}

static void a_screenful_of_lines_stays(void **state)
{
	(void)state;
	check("", "");
	check("a", "a");
	check("a\r\nb\r\nc", "a\r\nb\r\nc");
	check("a\r\nb\r\nc\r\nd", "b\r\nc\r\nd");
	check("a\r\nb\r\nc\r\nd\r\n", "c\r\nd\r\n");
	check("a\nb\r\nc\r\nd\r\ne", "c\r\nd\r\ne");
}

static void long_lines_count_for_several(void **state)
{
	(void)state;
	check("a\r\n0123456789\r\nb\r\nc", "0123456789\r\nb\r\nc");
	check("a\r\nb\r\n0123456789x\r\nc", "0123456789x\r\nc");
	/* It is never begun amid a line. */
	check("a\r\nb\r\n0123456789012345678901234567890123456789\r\nc",
	      "0123456789012345678901234567890123456789\r\nc");
}

static void a_cut_beginning_goes(void **state)
{
	(void)state;
	check_cut("25l\r\na\r\nb", "a\r\nb");
	check_cut("2\r\na\r\nb\r\nc\r\nd", "b\r\nc\r\nd");
	/* Not known to be a line's beginning, but better than amid one. */
	check_cut("\xa9 x\nb", PAGE "b");
	check_cut("", "");
}

static void a_line_that_is_written_over_stays_whole(void **state)
{
	(void)state;
	check("a\r\nb\r\nc\r\n1%\r2%\033[K\r3%", "b\r\nc\r\n1%\r2%\033[K\r3%");
}

/* Frames of two lines: what begins amid one would go up too far. */
static void lines_that_are_gone_back_to_stay(void **state)
{
	(void)state;
	check("a\r\nb\r\n1\r\n2\r\n\033[2A3\r\n4\r\n",
	      "1\r\n2\r\n\033[2A3\r\n4\r\n");
	check("a\r\nb\r\n1\r\n2\033[A\r3\r\n4\r\n5\r\n6",
	      "1\r\n2\033[A\r3\r\n4\r\n5\r\n6");
}

static void rows_by_number_get_a_screen_of_their_own(void **state)
{
	(void)state;
	check("a\033[2;1Hb", PAGE "a\033[2;1Hb");
	check("a\033[2Jb", PAGE "a\033[2Jb");
	check("a\033[9Ab", PAGE "a\033[9Ab");
	check("a\033[2;3rb", PAGE "a\033[2;3rb");
	/* Not when that is long ago. */
	check("a\033[2;1Hb\r\nc\r\nd\r\ne", "c\r\nd\r\ne");
}

static void what_makes_a_terminal_answer_goes(void **state)
{
	(void)state;
	check("a\033[cb\033[>cc\033[=cd\033Ze\005f", "abcdef");
	check("a\033[5nb\033[6nc\033[?6nd\033[?15ne", "abcde");
	check("a\033[?25$pb\033[4$pc\033[xd\033[14te\033[?ue\033[>qf",
	      "abcdeef");
	check("a\033]10;?\007b\033]4;1;?\033\\c\033]52;c;?\007d", "abcd");
	check("a\033P+q544e\033\\b\033P$qm\033\\c\033_Ga=q\033\\d", "abcd");
	check("a\xc2\x9b"
	      "cb\x9b"
	      "cd",
	      "acbcd");
}

static void what_beeps_or_lasts_goes(void **state)
{
	(void)state;
	check("a\007b\033]0;t\007c\033]7;file:///\033\\d", "abcd");
	check("a\033cb\033[!pc\033[?25ld\033[?2004he\033=f\033>g", "abcdefg");
	check("a\033[3Jb\033[?1000hc\033[8;1;1td\033[4 qe", "abcde");
	check("a\033kname\033\\b\033^x\033\\c\033Hd\033%Ge", "abcde");
}

static void what_draws_stays(void **state)
{
	(void)state;
	check("\033[1;38:2::1:2:3mx\033[0m", "\033[1;38:2::1:2:3mx\033[0m");
	check("a\033[2Cb\033[Kc\033[5Gd\bx\ty",
	      "a\033[2Cb\033[Kc\033[5Gd\bx\ty");
	check("\033(0qq\033(B\016x\017", "\033(0qq\033(B\016x\017");
	check("\033[4hx\033[4l\033[?7l\033[?7;25h",
	      "\033[4hx\033[4l\033[?7l\033[?7h");
	check("\033]8;;http://x\033\\link\033]8;;\007",
	      "\033]8;;http://x\033\\link\033]8;;\033\\");
	check("\xc3\xa9\xe2\x82\xac\xff\xf0\x9f\x98\x80",
	      "\xc3\xa9\xe2\x82\xac\xff\xf0\x9f\x98\x80");
}

static void controls_amid_a_sequence_come_first(void **state)
{
	(void)state;
	check("a\033[1\r\n2mb", "a\r\n\033[12mb");
	check("a\033[1\0072mb", "a\033[12mb");
}

static void output_of_the_alternate_screen_goes(void **state)
{
	(void)state;
	check("a\033[?1049h\033[HX\r\nY\r\n\r\n\r\n\033[?1049lb", "a\0337b");
	check("a\033[?47hX\033[?25;1049lb\033[?1049hX", "ab\0337");
}

static void leaving_what_was_not_entered_restores_the_cursor(void **state)
{
	(void)state;
	check("a\033[?1049lb", PAGE "a\0338b");
	check("a\033[?47lb", "ab");
}

/* Attach to what was fed, of which the last @size bytes are kept. */
static void check_attach(const char *stream, size_t size, const char *expected,
			 bool is_drawn)
{
	struct screen screen = { 0 };
	struct replay replay = kept(stream + strlen(stream) - size, false);
	struct buffer ret = { 0 };
	bool drawn = !is_drawn;

	screen_feed(&screen, stream, strlen(stream));
	assert_int_equal(replay_attach(&screen, &replay, &ret, &drawn), 0);
	check_same(ret.text, expected, stream);
	assert_int_equal(drawn, is_drawn);
	buffer_free(&ret);
	free((char *)replay.bytes);
}

static void check_attach_all(const char *stream, const char *expected)
{
	check_attach(stream, strlen(stream), expected, true);
}

#define PUSH "\033[22;0t"
#define ALTERNATE "\033[?1049h\033[H\033[2J"

static void attaching_gives_lines_and_modes(void **state)
{
	(void)state;
	check_attach_all("", PUSH "\033[m");
	check_attach_all("a\r\n\033[?2004h$ ", PUSH "\033[ma\r\n$ \033[?2004h");
	check_attach("a\r\nb\r\nc", 5, PUSH "\033[mb\r\nc", true);
	check_attach("a\r\nb\r\nc", 4, PUSH "\033[mc", true);
}

static void attaching_begins_where_all_was_cleared(void **state)
{
	(void)state;
	check_attach_all("a\r\nb\033[H\033[2Jc",
			 PUSH "\033[m" PAGE "\033[H\033[2Jc");
}

static void attaching_to_the_alternate_screen_gives_all_of_it(void **state)
{
	(void)state;
	check_attach_all("a\033[?1049h\033[?25l\033[2;2HX\033[c",
			 PUSH ALTERNATE "\033[m\033[2;2HX\033[?25l");
	check_attach("a\033[?1049h\033[?25l\033[2;2HX", 3,
		     PUSH ALTERNATE "\033[?25l", false);
}

static void what_is_in_hand_comes_last(void **state)
{
	(void)state;
	check_attach_all("a\033[?25l\033[1", PUSH "\033[ma\033[?25l\033[1");
	check_attach_all("a\033[?25l\xe2\x82", PUSH "\033[ma\033[?25l\xe2\x82");
	check_attach_all("a\033[?25l\xe2\x82\xac",
			 PUSH "\033[ma\xe2\x82\xac\033[?25l");
	check_attach_all("a\033", PUSH "\033[ma\033");
	check_attach_all("a\033]0;ti", PUSH "\033[ma\033]0;ti");
	check_attach("a\033Pabcdef", 3, PUSH "\033[m\033_", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_screenful_of_lines_stays),
		cmocka_unit_test(long_lines_count_for_several),
		cmocka_unit_test(a_cut_beginning_goes),
		cmocka_unit_test(a_line_that_is_written_over_stays_whole),
		cmocka_unit_test(lines_that_are_gone_back_to_stay),
		cmocka_unit_test(rows_by_number_get_a_screen_of_their_own),
		cmocka_unit_test(what_makes_a_terminal_answer_goes),
		cmocka_unit_test(what_beeps_or_lasts_goes),
		cmocka_unit_test(what_draws_stays),
		cmocka_unit_test(controls_amid_a_sequence_come_first),
		cmocka_unit_test(output_of_the_alternate_screen_goes),
		cmocka_unit_test(
			leaving_what_was_not_entered_restores_the_cursor),
		cmocka_unit_test(attaching_gives_lines_and_modes),
		cmocka_unit_test(attaching_begins_where_all_was_cleared),
		cmocka_unit_test(
			attaching_to_the_alternate_screen_gives_all_of_it),
		cmocka_unit_test(what_is_in_hand_comes_last),
	};

	return RUN(tests);
}
