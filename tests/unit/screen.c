// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "screen/screen.h"

/* What a terminal is told of a stream: open and enter, or leave. */
enum { ENTERED, LEFT };

static struct buffer told(const struct screen *screen, int what)
{
	struct buffer ret = { 0 };

	if (what == ENTERED) {
		screen_prepare(screen, &ret);
		screen_enter(screen, &ret);
	} else {
		screen_leave(screen, &ret);
	}
	assert_int_equal(ret.error, 0);
	return ret;
}

static void check_screen(const struct screen *screen, int what,
			 const char *expected, const char *stream)
{
	struct buffer ret = told(screen, what);

	if (strcmp(ret.text, expected) != 0)
		fail_msg("after '%s': '%s' is not '%s'", stream, ret.text,
			 expected);
	buffer_free(&ret);
}

static struct screen fed(const char *stream)
{
	struct screen screen = { 0 };

	screen_feed(&screen, stream, strlen(stream));
	return screen;
}

/* Whole, and cut at every place. */
static void check(const char *stream, const char *entered, const char *left)
{
	size_t size = strlen(stream);
	struct screen whole = fed(stream);

	for (size_t at = 0; at <= size; at++) {
		struct screen cut = { 0 };

		screen_feed(&cut, stream, at);
		screen_feed(&cut, stream + at, size - at);
		assert_memory_equal(&cut, &whole, sizeof(cut));
	}
	check_screen(&whole, ENTERED, entered, stream);
	check_screen(&whole, LEFT, left, stream);
}

#define PUSH "\033[22;0t"

static void text_leaves_a_fresh_terminal(void **state)
{
	(void)state;
	check("", PUSH, "\033[m");
	check("plain\r\n\ttext \xc3\xa9\xff\x9b?25l", PUSH, "\033[m");
	check("\033[1;31mred\033[K\033[3A", PUSH, "\033[m");
}

static void modes_are_entered_and_left(void **state)
{
	(void)state;
	check("\033[?25l", PUSH "\033[?25l", "\033[?25h\033[m");
	check("\033[?25l\033[?25h", PUSH, "\033[m");
	check("\033[?7l", PUSH "\033[?7l", "\033[?7h\033[m");
	check("\033[?2004h", PUSH "\033[?2004h", "\033[?2004l\033[m");
	check("\033[?1;2004h", PUSH "\033[?1h\033[?2004h",
	      "\033[?1l\033[?2004l\033[m");
	check("\033[4h", PUSH "\033[4h", "\033[4l\033[m");
	check("\033=", PUSH "\033=", "\033>\033[m");
	check("\033=\033>", PUSH, "\033[m");
	check("\033[4 q", PUSH "\033[4 q", "\033[0 q\033[m");
	check("\033[>4;2m", PUSH "\033[>4;2m", "\033[>4m\033[m");
}

static void mouse_modes_keep_the_order_that_programs_mean(void **state)
{
	(void)state;
	check("\033[?1006h\033[?1003h\033[?1000h\033[?1015h",
	      PUSH "\033[?1000h\033[?1003h\033[?1015h\033[?1006h",
	      "\033[?1000l\033[?1003l\033[?1015l\033[?1006l\033[m");
}

static void synchronized_output_is_only_left(void **state)
{
	(void)state;
	check("\033[?2026h", PUSH, "\033[?2026l\033[m");
}

static void charsets_and_regions_are_entered_and_left(void **state)
{
	(void)state;
	check("\033(0", PUSH "\033(0", "\033(B\033[m");
	check("\033(0\033(B", PUSH, "\033[m");
	check("\033)0\016", PUSH "\033)0\016", "\033)B\017\033[m");
	check("\033)0\016\017", PUSH "\033)0", "\033)B\033[m");
	check("\033[2;20r", PUSH "\0337\033[2;20r\0338",
	      "\0337\033[r\0338\033[m");
	check("\033[2;20r\033[r", PUSH, "\033[m");
	check("\033[5r", PUSH "\0337\033[5r\0338", "\0337\033[r\0338\033[m");
	check("\033[?6h", PUSH "\033[?6h", "\033[?6l\033[999;1H\033[m");
}

static void cursor_saves_hold_the_charset(void **state)
{
	(void)state;
	check("\033(0\0337\033(B\0338", PUSH "\033(0", "\033(B\033[m");
	check("\0337\033(0\033[?6h\0338", PUSH, "\033[m");
}

static void the_alternate_screen_is_entered_and_left(void **state)
{
	(void)state;
	check("\033[?1049h", PUSH "\033[?1049h\033[H\033[2J",
	      "\033[?1049l\033[m");
	check("\033[?47h", PUSH "\033[?1049h\033[H\033[2J",
	      "\033[?1049l\033[m");
	check("\033[?1049h\033[?1049l", PUSH, "\033[m");
	check("\033[?1047h\033[2;3r",
	      PUSH "\033[?1049h\033[H\033[2J\0337\033[2;3r\0338",
	      "\033[r\033[?1049l\033[m");
}

static void keyboards_are_pushed_for_each_screen(void **state)
{
	(void)state;
	check("\033[>1u", PUSH "\033[>1u", "\033[<1u\033[m");
	check("\033[>1u\033[<u", PUSH, "\033[m");
	check("\033[=5u", PUSH "\033[=5u", "\033[=0u\033[m");
	check("\033[>1u\033[?1049h\033[>3u\033[>7u",
	      PUSH "\033[>1u\033[?1049h\033[H\033[2J\033[>3u\033[>7u",
	      "\033[<2u\033[?1049l\033[<1u\033[m");
	check("\033[>1u\033[=4;2u", PUSH "\033[>5u", "\033[<1u\033[m");
	check("\033[<99u", PUSH, "\033[m");
	/* The oldest of too many is forgotten. */
	check("\033[>1u\033[>2u\033[>3u\033[>4u\033[>5u\033[>6u\033[>7u"
	      "\033[>8u\033[>9u\033[<8u",
	      PUSH "\033[=1u", "\033[=0u\033[m");
}

static void titles_are_pushed_set_and_popped(void **state)
{
	(void)state;
	check("\033]0;a b\007", PUSH "\033]2;a b\033\\", "\033[m");
	check("\033]2;\xc3\xa9\033\\", PUSH "\033]2;\xc3\xa9\033\\", "\033[m");
	check("\033]1;icon\007\033]52;c;?\007\033]2\007", PUSH, "\033[m");
	check("\033[22;0;0t\033]2;x\007", PUSH PUSH "\033]2;x\033\\",
	      "\033[m\033[23;0t");
	check("\033[22;0t\033[23;0t", PUSH, "\033[m");
}

static void a_long_title_is_cut_at_a_character(void **state)
{
	char stream[2 * SEQUENCE_TEXT] = "\033]2;";
	struct screen screen;

	(void)state;
	memset(stream + 4, 'x', SEQUENCE_TEXT - 3);
	memcpy(stream + SEQUENCE_TEXT + 1, "\xc3\xa9\007", 3);
	screen = fed(stream);
	assert_int_equal(screen.title_size, SEQUENCE_TEXT - 3);
	assert_int_equal(screen.title[screen.title_size - 1], 'x');
}

static void resets_leave_a_fresh_terminal(void **state)
{
	(void)state;
	check("\033[?1049h\033[?25l\033[>1u\033(0\033=\033c", PUSH, "\033[m");
	check("\033[?25l\033[4h\033(0\033=\033[2;3r\033[!p", PUSH, "\033[m");
}

static void wrong_sequences_mean_nothing(void **state)
{
	(void)state;
	check("\033[?2\030"
	      "5l",
	      PUSH, "\033[m"); /* CAN */
	check("\033[?2\xc3\xa9"
	      "5l",
	      PUSH, "\033[m");
	check("\033[2?5l", PUSH, "\033[m");
	check("\033[? 25l", PUSH, "\033[m");
	check("\033[?99999999999999999925l", PUSH, "\033[m");
	check("\033P\033[?25l", PUSH "\033[?25l", "\033[?25h\033[m");
	check("\033Pq[?25l\007[?25l\033\\", PUSH, "\033[m");
	check("\033[?1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;25l", PUSH, "\033[m");
}

static void controls_amid_a_sequence_do_not_end_it(void **state)
{
	(void)state;
	check("\033[?2\r\n5l", PUSH "\033[?25l", "\033[?25h\033[m");
	check("\033[?\033[?25l", PUSH "\033[?25l", "\033[?25h\033[m");
}

static void a_sequence_in_hand_is_ended(void **state)
{
	(void)state;
	check("a\033", PUSH, "\030\033[m");
	check("a\033[?2", PUSH, "\030\033[m");
	check("a\033]2;x", PUSH, "\030\033[m");
}

static uint64_t begin_of(const char *stream)
{
	struct screen screen = fed(stream);

	return screen_begin(&screen, 0);
}

static void begins_where_all_was_cleared(void **state)
{
	(void)state;
	assert_int_equal(begin_of("abc\r\n"), 0);
	assert_int_equal(begin_of("abc\033[H\033[2Jdef"), 3);
	assert_int_equal(begin_of("abc\033[H\033[Jdef"), 3);
	assert_int_equal(begin_of("abc\033[H\033[2J\033[3Jdef"), 3);
	assert_int_equal(begin_of("abc\033[2J\033[Hdef"), 3);
	assert_int_equal(begin_of("abc\033[2J\033[3J\033[1;1Hdef"), 3);
	assert_int_equal(begin_of("abc\033cdef"), 5);
}

static void clearing_elsewhere_is_no_begin(void **state)
{
	(void)state;
	assert_int_equal(begin_of("abc\033[2Jdef"), 0);
	assert_int_equal(begin_of("abc\033[Jdef"), 0);
	assert_int_equal(begin_of("abc\033[3;1H\033[2Jdef"), 0);
	assert_int_equal(begin_of("abc\033[Hx\033[Jdef"), 0);
	assert_int_equal(begin_of("abc\033[H\033[3Jdef"), 0);
}

static void each_screen_has_its_begin(void **state)
{
	(void)state;
	assert_int_equal(begin_of("abc\033[?1049hdef"), 11);
	assert_int_equal(begin_of("abc\033[?1049hdef\033[H\033[Jg"), 14);
	assert_int_equal(begin_of("abc\033[?1049h\033[H\033[J\033[?1049lg"), 0);
	assert_int_equal(begin_of("a\033[H\033[Jb\033[?47h\033[?47lg"), 1);
}

static void a_begin_is_not_amid_the_alternate_screen(void **state)
{
	struct screen screen =
		fed("abc\033[?1049hdef\033[?1049lghi\033[?47hj\033[?47lk");

	(void)state;
	assert_int_equal(screen_begin(&screen, 0), 0);
	assert_int_equal(screen_begin(&screen, 3), 3);
	assert_int_equal(screen_begin(&screen, 4), 22);
	assert_int_equal(screen_begin(&screen, 12), 22);
	assert_int_equal(screen_begin(&screen, 22), 22);
	assert_int_equal(screen_begin(&screen, 24), 24);
	assert_int_equal(screen_begin(&screen, 26), 38);
	assert_int_equal(screen_begin(&screen, screen.offset), 39);
}

/* More of them than are kept: what is before them is not looked at. */
static void many_alternates_are_no_begin_either(void **state)
{
	struct screen screen = { 0 };
	static const char one[] = "ab\033[?47hcd\033[?47l";
	size_t size = sizeof(one) - 1;

	(void)state;
	for (unsigned i = 0; i < 3 * SCREEN_SPANS; i++)
		screen_feed(&screen, one, size);
	for (uint64_t oldest = 1; oldest < screen.offset; oldest++) {
		uint64_t begin = screen_begin(&screen, oldest);

		assert_true(begin >= oldest);
		assert_true(begin % size <= 2);
	}
	assert_int_equal(screen_begin(&screen, 0), 0);
}

static void is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct screen) < 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_leaves_a_fresh_terminal),
		cmocka_unit_test(modes_are_entered_and_left),
		cmocka_unit_test(mouse_modes_keep_the_order_that_programs_mean),
		cmocka_unit_test(synchronized_output_is_only_left),
		cmocka_unit_test(charsets_and_regions_are_entered_and_left),
		cmocka_unit_test(cursor_saves_hold_the_charset),
		cmocka_unit_test(the_alternate_screen_is_entered_and_left),
		cmocka_unit_test(keyboards_are_pushed_for_each_screen),
		cmocka_unit_test(titles_are_pushed_set_and_popped),
		cmocka_unit_test(a_long_title_is_cut_at_a_character),
		cmocka_unit_test(resets_leave_a_fresh_terminal),
		cmocka_unit_test(wrong_sequences_mean_nothing),
		cmocka_unit_test(controls_amid_a_sequence_do_not_end_it),
		cmocka_unit_test(a_sequence_in_hand_is_ended),
		cmocka_unit_test(begins_where_all_was_cleared),
		cmocka_unit_test(clearing_elsewhere_is_no_begin),
		cmocka_unit_test(each_screen_has_its_begin),
		cmocka_unit_test(a_begin_is_not_amid_the_alternate_screen),
		cmocka_unit_test(many_alternates_are_no_begin_either),
		cmocka_unit_test(is_small),
	};

	return RUN(tests);
}
