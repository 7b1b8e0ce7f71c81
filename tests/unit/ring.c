// SPDX-License-Identifier: MIT
/* Promise: the last bytes are kept, the writer never waits, readers never see
 * what was overwritten while they read (core/output/ring.h). */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "child.h"
#include "core/output/ring.h"

static struct ring *ring_of(size_t size)
{
	struct ring *ring = NULL;
	int fd = -1;

	assert_int_equal(ring_create(size, &ring, &fd), 0);
	(void)close(fd);
	return ring;
}

static void assert_tail(const struct ring *ring, unsigned lines,
			const char *expected)
{
	struct buffer text = { 0 };

	assert_int_equal(ring_tail(ring, lines, &text), 0);
	assert_int_equal(text.used, strlen(expected));
	assert_memory_equal(text.text, expected, text.used);
	buffer_free(&text);
}

static void what_fits_is_kept(void **state)
{
	struct ring *ring = ring_of(16);

	(void)state;
	assert_tail(ring, 0, "");
	ring_write(ring, "abc\n", 4);
	ring_write(ring, "", 0);
	ring_write(ring, "de", 2);
	assert_tail(ring, 0, "abc\nde");
	assert_int_equal(ring_total(ring), 6);
	ring_close(ring);
}

static void the_oldest_bytes_go_first(void **state)
{
	struct ring *ring = ring_of(8);

	(void)state;
	ring_write(ring, "12345", 5);
	ring_write(ring, "67890", 5);
	assert_tail(ring, 0, "34567890");
	ring_write(ring, "abcdefghijklmnopqrstuvw", 23);
	assert_tail(ring, 0, "pqrstuvw");
	ring_write(ring, "xy", 2);
	assert_tail(ring, 0, "rstuvwxy");
	assert_int_equal(ring_total(ring), 35);
	ring_close(ring);
}

static void one_byte_is_a_ring(void **state)
{
	struct ring *ring = ring_of(1);

	(void)state;
	ring_write(ring, "abc", 3);
	assert_tail(ring, 0, "c");
	ring_write(ring, "\n", 1);
	assert_tail(ring, 1, "\n");
	ring_close(ring);
}

static void lines_are_counted_from_the_end(void **state)
{
	struct ring *ring = ring_of(64);

	(void)state;
	ring_write(ring, "a\n\nb\nc\n", 7);
	assert_tail(ring, 1, "c\n");
	assert_tail(ring, 2, "b\nc\n");
	assert_tail(ring, 3, "\nb\nc\n");
	assert_tail(ring, 4, "a\n\nb\nc\n");
	assert_tail(ring, 99, "a\n\nb\nc\n");
	ring_write(ring, "d", 1);
	assert_tail(ring, 1, "d");
	assert_tail(ring, 2, "c\nd");
	ring_close(ring);
}

static void losses_are_counted(void **state)
{
	struct ring *ring = ring_of(8);

	(void)state;
	assert_int_equal(ring_lost(ring), 0);
	ring_lose(ring, 3);
	ring_lose(ring, 4);
	assert_int_equal(ring_lost(ring), 7);
	ring_close(ring);
}

static void sizes_have_bounds(void **state)
{
	struct ring *ring = NULL;
	int fd = -1;

	(void)state;
	assert_int_equal(ring_create(0, &ring, &fd), -EINVAL);
	assert_int_equal(ring_create((size_t)RING_SIZE_MAX + 1, &ring, &fd),
			 -EINVAL);
	assert_null(ring);
	assert_int_equal(fd, -1);
	ring_close(NULL);
}

static void another_memory_is_no_ring(void **state)
{
	struct ring *ring = NULL;
	int fd = memfd_create("no ring", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ring_attach(fd, &ring), -EINVAL);
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(ring_attach(fd, &ring), -EINVAL);
	(void)close(fd);
	assert_int_equal(ring_attach(-1, &ring), -EBADF);
	assert_null(ring);
}

/* A copy is always a run of growing numbers, even if it was overwritten
 * meanwhile. */
static void assert_in_order(const struct buffer *text)
{
	const char *line = memchr(text->text, '\n', text->used);
	long before = -1;

	while (line && line + 9 <= text->text + text->used) {
		long number = strtol(line + 1, NULL, 10);

		assert_true(before < 0 || number == before + 1);
		before = number;
		line += 9;
	}
}

static void a_reader_never_sees_what_is_torn(void **state)
{
	struct ring *ring = NULL, *view = NULL;
	int fd = -1;

	(void)state;
	assert_int_equal(ring_create(4096, &ring, &fd), 0);
	pid_t writer = child_fork();

	if (writer == 0) {
		for (unsigned i = 0;; i++) {
			char line[16];

			(void)snprintf(line, sizeof(line), "%08u\n",
				       i % 100000000U);
			ring_write(ring, line, 9);
		}
	}
	assert_int_equal(ring_attach(fd, &view), 0);
	while (ring_total(view) < 8192)
		(void)sched_yield(); /* It has begun. */
	for (int i = 0; i < 5000; i++) {
		struct buffer text = { 0 };

		assert_int_equal(ring_tail(view, 0, &text), 0);
		assert_true(text.used <= 4096);
		assert_in_order(&text);
		buffer_free(&text);
	}
	child_end(writer);
	struct buffer last = { 0 };

	assert_int_equal(ring_tail(view, 0, &last), 0);
	assert_true(last.used > 0);
	buffer_free(&last);
	ring_close(view);
	ring_close(ring);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_kept),
		cmocka_unit_test(the_oldest_bytes_go_first),
		cmocka_unit_test(one_byte_is_a_ring),
		cmocka_unit_test(lines_are_counted_from_the_end),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(sizes_have_bounds),
		cmocka_unit_test(another_memory_is_no_ring),
		cmocka_unit_test(a_reader_never_sees_what_is_torn),
	};

	return RUN(tests);
}
