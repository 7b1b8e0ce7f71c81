// SPDX-License-Identifier: MIT
#include "unit.h"

#include "proc/pids.h"

static void a_list_is_sorted_and_searched(void **state)
{
	static const pid_t numbers[] = { 30, 7, 4000000, 8, 7 };
	CLEANUP(list_free) struct list pids = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_int_equal(list_append(&pids, &numbers[i], sizeof(pid_t)),
				 0);
	pids_sort(&pids);
	for (size_t i = 1; i < pids.count; i++)
		assert_true(((pid_t *)pids.items)[i - 1] <=
			    ((pid_t *)pids.items)[i]);
	assert_non_null(pids_find(&pids, pids.count, 4000000));
	assert_null(pids_find(&pids, pids.count, 9));
	/* Behind the part that is searched. */
	assert_null(pids_find(&pids, 4, 4000000));
}

static void an_empty_list_has_none(void **state)
{
	struct list pids = { 0 };

	(void)state;
	pids_sort(&pids);
	assert_null(pids_find(&pids, 0, 1));
}

static void an_index_finds_by_pid(void **state)
{
	struct pid_index order[] = { { 9, 0 }, { 3, 1 }, { 5, 2 } };

	(void)state;
	pid_index_sort(order, COUNT(order));
	assert_int_equal(pid_index_find(order, COUNT(order), 3)->index, 1);
	assert_int_equal(pid_index_find(order, COUNT(order), 9)->index, 0);
	assert_null(pid_index_find(order, COUNT(order), 4));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_sorted_and_searched),
		cmocka_unit_test(an_empty_list_has_none),
		cmocka_unit_test(an_index_finds_by_pid),
	};

	return RUN(tests);
}
