// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>

#include "base/text/words.h"
#include "cage/cage.h"
#include "core/shared/plan.h"

enum thing { THING_ONE = 1, THING_THREE = 3 };

static const char *const names[] = {
	[THING_THREE] = "three",
	[THING_ONE] = "one",
};
static const struct words things = WORDS_OF(names);

static void a_word_stands_for_its_value(void **state)
{
	(void)state;
	assert_int_equal(words_parse(&things, "one"), THING_ONE);
	assert_int_equal(words_parse(&things, "three"), THING_THREE);
	assert_int_equal(words_parse(&things, "two"), -EINVAL);
	assert_int_equal(words_parse(&things, ""), -EINVAL);
}

static void a_value_without_a_word_has_none(void **state)
{
	(void)state;
	assert_string_equal(words_name(&things, THING_THREE), "three");
	assert_null(words_name(&things, 0));
	assert_null(words_name(&things, 2));
	assert_null(words_name(&things, 4));
	assert_null(words_name(&things, SIZE_MAX));
}

static void the_nearest_word_is_found(void **state)
{
	(void)state;
	assert_string_equal(words_nearest(&things, "thre"), "three");
	assert_null(words_nearest(&things, "sixteen"));
}

/* What is printed is parsed to the same value. */
static void both_ways_are_one(const struct words *words, int last)
{
	for (int i = 0; i <= last; i++) {
		assert_non_null(words_name(words, (size_t)i));
		assert_int_equal(words_parse(words,
					     words_name(words, (size_t)i)),
				 i);
	}
	assert_null(words_name(words, (size_t)last + 1));
}

static void each_cage_and_group_has_a_word(void **state)
{
	(void)state;
	both_ways_are_one(&cage_words, JIG_CAGE_PGROUP);
	both_ways_are_one(&plan_group_words, JIG_GROUP_INHERIT);
	both_ways_are_one(&plan_stop_mode_words, JIG_STOP_MAIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_stands_for_its_value),
		cmocka_unit_test(a_value_without_a_word_has_none),
		cmocka_unit_test(the_nearest_word_is_found),
		cmocka_unit_test(each_cage_and_group_has_a_word),
	};

	return RUN(tests);
}
