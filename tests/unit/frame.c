// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/text/frame.h"

static void what_was_added_is_parsed(void **state)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	struct frame frame;
	size_t at = 0;
	static const struct {
		enum frame_kind kind;
		const char *payload;
		size_t size;
	} rows[] = {
		{ FRAME_OUT, "hello", 5 },     { FRAME_ERR, "a\0b", 3 },
		{ FRAME_RAW, NULL, 0 },	       { FRAME_INPUT, "", 0 },
		{ FRAME_RESIZE, "\1\0\2", 4 }, { FRAME_STATUS, "\x7f", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		frame_add(&out, rows[i].kind, rows[i].payload, rows[i].size);
	assert_int_equal(out.error, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		long n = frame_parse(out.text + at, out.used - at, &frame);

		assert_int_equal(n, FRAME_HEAD + rows[i].size);
		assert_int_equal(frame.kind, rows[i].kind);
		assert_int_equal(frame.size, rows[i].size);
		if (frame.size > 0)
			assert_memory_equal(frame.payload, rows[i].payload,
					    frame.size);
		at += (size_t)n;
	}
	assert_int_equal(at, out.used);
}

static void the_length_is_little_endian_on_every_machine(void **state)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	char payload[0x102] = { 0 };

	(void)state;
	frame_add(&out, FRAME_OUT, payload, sizeof(payload));
	assert_memory_equal(out.text, "O\x02\x01\0\0", FRAME_HEAD);
}

static void a_part_of_a_frame_is_not_whole_yet(void **state)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	struct frame frame;

	(void)state;
	frame_add(&out, FRAME_OUT, "hello", 5);
	for (size_t size = 0; size < out.used; size++) {
		/* Of just that size, so that a sanitizer sees it read on. */
		CLEANUP_FREE char *part = malloc(size + 1);

		memcpy(part, out.text, size);
		part = realloc(part, size ? size : 1);
		assert_int_equal(frame_parse(part, size, &frame), 0);
	}
	assert_int_equal(frame_parse(out.text, out.used, &frame), out.used);
}

static void what_no_peer_of_ours_sends_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} rows[] = {
		{ "X", 1 }, /* at once, not when it is whole */
		{ "\0", 1 },
		{ "o\0\0\0\0", 5 },
		{ "O\1\0\1\0", 5 }, /* 65537 */
		{ "O\0\0\0\xff", 5 },
		{ "O\xff\xff\xff\xff", 5 },
		{ "S\0\0\0\0", 5 },
		{ "S\2\0\0\0ab", 7 },
		{ "R\1\0\0\0a", 6 },
		{ "Z\3\0\0\0abc", 8 },
		{ "Z\5\0\0\0abcde", 10 },
		{ "W\0\0\0\0", 5 },
		{ "W\1\0\0\0a", 6 }, /* no NUL at the end */
	};
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (frame_parse(rows[i].bytes, rows[i].size, &frame) !=
		    -EBADMSG)
			fail_msg("row %zu was taken", i);
}

static void the_largest_payload_is_one_frame_and_one_byte_more_is_two(
	void **state)
{
	static const char bytes[FRAME_SIZE + 1];
	CLEANUP(buffer_free) struct buffer one = { 0 }, two = { 0 };
	struct frame frame;

	(void)state;
	frame_add(&one, FRAME_OUT, bytes, FRAME_SIZE);
	assert_int_equal(frame_parse(one.text, one.used, &frame), one.used);
	frame_add(&two, FRAME_OUT, bytes, FRAME_SIZE + 1);
	assert_int_equal(frame_parse(two.text, two.used, &frame),
			 FRAME_HEAD + FRAME_SIZE);
	assert_int_equal(frame_parse(two.text + FRAME_HEAD + FRAME_SIZE,
				     FRAME_HEAD + 1, &frame),
			 FRAME_HEAD + 1);
}

static void words_come_back_as_an_argv(void **state)
{
	char *const words[] = { "scale", "", "web=3 ", "\xff", NULL };
	CLEANUP(buffer_free) struct buffer out = { 0 };
	CLEANUP(list_free) struct list found = { 0 };
	struct frame frame;

	(void)state;
	assert_int_equal(frame_add_words(&out, words), 0);
	assert_int_equal(frame_parse(out.text, out.used, &frame), out.used);
	assert_int_equal(frame_words(&frame, &found), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(((char **)found.items)[i], words[i]);
	assert_null(((char **)found.items)[4]);
}

static void words_that_are_none_or_too_many_are_refused(void **state)
{
	static char large[FRAME_SIZE + 1];
	char *const none[] = { NULL }, *const fits[] = { large + 1, NULL },
		    *const too_many[] = { large, NULL };
	CLEANUP(buffer_free) struct buffer out = { 0 };

	(void)state;
	memset(large, 'x', FRAME_SIZE);
	assert_int_equal(frame_add_words(&out, none), -EINVAL);
	assert_int_equal(frame_add_words(&out, too_many), -E2BIG);
	assert_int_equal(out.used, 0);
	assert_int_equal(frame_add_words(&out, fits), 0);
}

static void another_kind_has_no_words(void **state)
{
	struct frame frame = { FRAME_OUT, "a", 2 };
	struct list found = { 0 };

	(void)state;
	assert_int_equal(frame_words(&frame, &found), -EBADMSG);
	assert_int_equal(found.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_parsed),
		cmocka_unit_test(the_length_is_little_endian_on_every_machine),
		cmocka_unit_test(a_part_of_a_frame_is_not_whole_yet),
		cmocka_unit_test(what_no_peer_of_ours_sends_is_refused),
		cmocka_unit_test(
			the_largest_payload_is_one_frame_and_one_byte_more_is_two),
		cmocka_unit_test(words_come_back_as_an_argv),
		cmocka_unit_test(words_that_are_none_or_too_many_are_refused),
		cmocka_unit_test(another_kind_has_no_words),
	};

	return RUN(tests);
}
