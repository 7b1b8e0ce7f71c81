// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/sized.h"

struct first {
	size_t size;
	uint64_t one;
};

struct second {
	size_t size;
	uint64_t one, two;
};

#define FIRST SIZED_FIRST(struct first, one)

static void a_size_is_checked(void **state)
{
	(void)state;
	assert_int_equal(FIRST, sizeof(struct first));
	assert_int_equal(sized_check(0, FIRST), -EINVAL);
	assert_int_equal(sized_check(FIRST - 1, FIRST), -EINVAL);
	assert_int_equal(sized_check(FIRST - sizeof(size_t), FIRST), -EINVAL);
	assert_int_equal(sized_check(FIRST, FIRST), 0);
	assert_int_equal(sized_check(FIRST + 1, FIRST), -EINVAL);
	assert_int_equal(sized_check(FIRST + sizeof(size_t), FIRST), 0);
	assert_int_equal(sized_check(SIZED_MAX, FIRST), 0);
	assert_int_equal(sized_check(SIZED_MAX + sizeof(size_t), FIRST),
			 -E2BIG);
	assert_int_equal(sized_check(SIZE_MAX, FIRST), -EINVAL);
}

static void what_an_older_host_has_not_is_zero(void **state)
{
	/* Behind its struct lies what is none of ours. */
	struct first theirs[2] = { { sizeof(*theirs), 1 }, { 7, 7 } };
	struct second ours;

	(void)state;
	memset(&ours, 0xff, sizeof(ours));
	assert_int_equal(sized_read(&ours, sizeof(ours), theirs, FIRST), 0);
	assert_int_equal(ours.size, sizeof(ours));
	assert_int_equal(ours.one, 1);
	assert_int_equal(ours.two, 0);
}

static void what_a_newer_host_sets_is_refused(void **state)
{
	struct second theirs = { sizeof(theirs), 1, 0 };
	struct first ours = { 0, 77 };

	(void)state;
	assert_int_equal(sized_read(&ours, sizeof(ours), &theirs, FIRST), 0);
	assert_int_equal(ours.size, sizeof(ours));
	assert_int_equal(ours.one, 1);
	ours.one = 77;
	for (int bit = 0; bit < 64; bit++) {
		theirs.two = 1ULL << bit;
		assert_int_equal(sized_read(&ours, sizeof(ours), &theirs,
					    FIRST),
				 -E2BIG);
	}
	theirs.size = 0;
	assert_int_equal(sized_read(&ours, sizeof(ours), &theirs, FIRST),
			 -EINVAL);
	assert_int_equal(ours.one, 77); /* Untouched. */
}

static void what_fits_is_written(void **state)
{
	struct second wide = { sizeof(wide), 8, 8 }, source = { 0, 1, 2 };
	struct first narrow[2] = { { sizeof(*narrow), 8 }, { 7, 7 } };

	(void)state;
	sized_write(narrow, &source, sizeof(source));
	assert_int_equal(narrow[0].size, sizeof(*narrow));
	assert_int_equal(narrow[0].one, 1);
	assert_int_equal(narrow[1].size, 7);
	assert_int_equal(narrow[1].one, 7);
	sized_write(&wide, &source, sizeof(struct first));
	assert_int_equal(wide.size, sizeof(wide));
	assert_int_equal(wide.one, 1);
	assert_int_equal(wide.two, 0);
}

static void an_array_has_the_hosts_size(void **state)
{
	struct second array[3], source = { 0, 1, 2 };

	(void)state;
	memset(array, 0xff, sizeof(array));
	for (size_t i = 0; i < COUNT(array); i++) {
		source.one = i;
		sized_put(array, i, sizeof(*array), &source,
			  sizeof(struct first));
	}
	for (size_t i = 0; i < COUNT(array); i++) {
		assert_ptr_equal(sized_at(array, i), &array[i]);
		assert_int_equal(array[i].one, i);
		assert_int_equal(array[i].two, 0);
	}
	assert_int_equal(sized_check_array(array, COUNT(array), FIRST), 0);
	array[2].size = sizeof(struct first);
	assert_int_equal(sized_check_array(array, COUNT(array), FIRST),
			 -EINVAL);
	assert_int_equal(sized_check_array(array, 2, FIRST), 0);
	array[0].size = 0;
	assert_int_equal(sized_check_array(array, 1, FIRST), -EINVAL);
	assert_int_equal(sized_check_array(NULL, 0, FIRST), 0);
}

static void every_reserved_byte_counts(void **state)
{
	unsigned char bytes[7] = { 0 };

	(void)state;
	assert_true(sized_is_zero(bytes, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		assert_false(sized_is_zero(bytes, sizeof(bytes)));
		bytes[i] = 0;
	}
	assert_true(sized_is_zero(NULL, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_is_checked),
		cmocka_unit_test(what_an_older_host_has_not_is_zero),
		cmocka_unit_test(what_a_newer_host_sets_is_refused),
		cmocka_unit_test(what_fits_is_written),
		cmocka_unit_test(an_array_has_the_hosts_size),
		cmocka_unit_test(every_reserved_byte_counts),
	};

	return RUN(tests);
}
