// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "up/output/backlog.h"

static void add(struct backlog *backlog, uint64_t number, const char *text)
{
	size_t half = strlen(text) / 2;
	struct iovec pieces[2] = {
		{ .iov_base = (void *)text, .iov_len = half },
		{ .iov_base = (void *)(text + half),
		  .iov_len = strlen(text) - half },
	};

	backlog_add(backlog, number, pieces, 2);
}

static struct buffer printed(const struct backlog *one,
			     const struct backlog *other, unsigned lines)
{
	struct buffer text = { 0 };
	struct list list = { 0 };

	assert_int_equal(backlog_lines(one, &list), 0);
	if (other)
		assert_int_equal(backlog_lines(other, &list), 0);
	backlog_print(&list, lines, &text);
	list_free(&list);
	assert_int_equal(text.error, 0);
	return text;
}

static void expect(const struct backlog *one, const struct backlog *other,
		   unsigned lines, const char *expected)
{
	struct buffer text = printed(one, other, lines);

	assert_string_equal(text.text ? text.text : "", expected);
	buffer_free(&text);
}

static void the_last_lines_are_kept(void **state)
{
	struct backlog backlog = BACKLOG(1000);

	(void)state;
	expect(&backlog, NULL, 0, "");
	add(&backlog, 1, "one\n");
	add(&backlog, 2, "");
	add(&backlog, 3, "three\n");
	expect(&backlog, NULL, 0, "one\nthree\n");
	expect(&backlog, NULL, 1, "three\n");
	expect(&backlog, NULL, 99, "one\nthree\n");
	backlog_free(&backlog);
}

static void lines_of_several_come_in_the_order_of_their_numbers(void **state)
{
	struct backlog a = BACKLOG(1000), b = BACKLOG(1000);

	(void)state;
	add(&b, 1, "b1\n");
	add(&a, 2, "a2\n");
	add(&a, 3, "a3\n");
	add(&b, 4, "b4\n");
	expect(&a, &b, 0, "b1\na2\na3\nb4\n");
	expect(&a, &b, 2, "a3\nb4\n");
	backlog_free(&a);
	backlog_free(&b);
}

/* The kept lines are the last of those added, without a gap. */
static void check_tail(const struct backlog *backlog, int last)
{
	struct buffer text = printed(backlog, NULL, 0);
	const char *line = text.text;
	int first;

	assert_non_null(line);
	assert_int_equal(sscanf(line, "%d", &first), 1);
	for (int i = first; i <= last; i++) {
		char expected[80];
		int size = snprintf(expected, sizeof(expected), "%d %.*s\n", i,
				    i % 50,
				    "##################################"
				    "################");

		assert_memory_equal(line, expected, (size_t)size);
		line += size;
	}
	assert_int_equal(*line, '\0');
	buffer_free(&text);
}

static void the_oldest_go_whole_however_the_ring_wraps(void **state)
{
	(void)state;
	for (size_t bound = 100; bound < 140; bound++) {
		struct backlog backlog = BACKLOG(bound);

		for (int i = 0; i < 200; i++) {
			char line[80];

			(void)snprintf(line, sizeof(line), "%d %.*s\n", i,
				       i % 50,
				       "##################################"
				       "################");
			add(&backlog, (uint64_t)i, line);
			assert_true(backlog.used <= bound);
			assert_true(backlog.room <= bound);
			check_tail(&backlog, i);
		}
		backlog_free(&backlog);
	}
}

static void a_ring_that_grows_keeps_its_lines(void **state)
{
	struct backlog backlog = BACKLOG(1 << 20);
	char line[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(line, sizeof(line), "%d\n", i);
		add(&backlog, (uint64_t)i, line);
	}

	struct buffer text = printed(&backlog, NULL, 0);

	assert_memory_equal(text.text, "0\n1\n2\n", 6);
	assert_memory_equal(text.text + text.used - 5, "4999\n", 5);
	buffer_free(&text);
	backlog_free(&backlog);
}

static void what_is_larger_than_the_bound_is_not_kept(void **state)
{
	struct backlog backlog = BACKLOG(64), none = { 0 };
	char large[100] = { 0 };

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	add(&backlog, 1, "small\n");
	add(&backlog, 2, large);
	expect(&backlog, NULL, 0, "small\n");
	add(&none, 1, "x");
	expect(&none, NULL, 0, "");
	backlog_free(&backlog);
	backlog_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_lines_are_kept),
		cmocka_unit_test(
			lines_of_several_come_in_the_order_of_their_numbers),
		cmocka_unit_test(the_oldest_go_whole_however_the_ring_wraps),
		cmocka_unit_test(a_ring_that_grows_keeps_its_lines),
		cmocka_unit_test(what_is_larger_than_the_bound_is_not_kept),
	};

	return RUN(tests);
}
