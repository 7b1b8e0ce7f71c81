// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdio.h>

#include "view/fixture_of.h"

struct row {
	pid_t pid, ppid;
	const char *comm;
	uint64_t start;
};

static struct list snapshot(const struct row *rows, size_t count)
{
	struct list all = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct proc_stat stat = { .pid = rows[i].pid,
					  .ppid = rows[i].ppid,
					  .state = 'S',
					  .threads = 1,
					  .start_ticks = rows[i].start };

		(void)snprintf(stat.comm, sizeof(stat.comm), "%s",
			       rows[i].comm);
		assert_int_equal(list_append(&all, &stat, sizeof(stat)), 0);
	}
	return all;
}

static struct fixtures find(const struct row *rows, size_t count)
{
	CLEANUP(list_free) struct list all = snapshot(rows, count);
	struct fixtures fixtures;

	assert_int_equal(fixtures_find(&all, &fixtures), 0);
	assert_int_equal(fixtures.count, count);
	return fixtures;
}

/* 0: none. */
static pid_t holder(const struct fixtures *fixtures, size_t index)
{
	const struct fixture_of *fixture = fixtures_holder(fixtures, index);

	return fixture ? fixture->supervisor : 0;
}

static void assert_holders(const struct fixtures *fixtures, const pid_t *wanted)
{
	for (size_t i = 0; i < fixtures->count; i++)
		assert_int_equal(holder(fixtures, i), wanted[i]);
}

static void a_process_below_a_supervisor_is_held_by_it(void **state)
{
	/* Children stand before their parents, as numbers that wrapped do. */
	static const struct row rows[] = {
		{ 1, 0, "init", 1 },
		{ 4, 30, "grandchild", 9 },
		{ 10, 1, "sh", 2 },
		{ 20, 10, "jig", 3 },
		{ 21, 20, "jig-supervisor", 4 },
		{ 30, 21, "server", 5 },
		{ 31, 21, "adopted", 6 },
		{ 40, 10, "vi", 7 },
	};
	static const pid_t wanted[] = { 0, 21, 0, 0, 0, 21, 21, 0 };
	CLEANUP(fixtures_free)
	struct fixtures fixtures = find(rows, COUNT(rows));
	const struct fixture_of *one = fixtures_at(&fixtures, 0);

	(void)state;
	assert_holders(&fixtures, wanted);
	assert_int_equal(fixtures.all.count, 1);
	assert_int_equal(one->supervisor, 21);
	assert_int_equal(one->guard, 20);
	assert_int_equal(one->main, 30);
	assert_int_equal(one->outer, FIXTURE_NONE);
	assert_int_equal(fixtures_of_pid(&fixtures, 20), 0);
	assert_int_equal(fixtures_of_pid(&fixtures, 21), 0);
	assert_int_equal(fixtures_of_pid(&fixtures, 30), 0);
	assert_int_equal(fixtures_of_pid(&fixtures, 31), FIXTURE_NONE);
	assert_int_equal(fixtures_of_pid(&fixtures, 0), FIXTURE_NONE);
	assert_null(fixtures_at(&fixtures, 1));
	assert_null(fixtures_at(&fixtures, FIXTURE_NONE));
	assert_null(fixtures_holder(&fixtures, 99));
}

static void a_fixture_in_a_fixture_belongs_to_the_outer(void **state)
{
	static const struct row rows[] = {
		{ 2, 1, "jig", 1 },
		{ 3, 2, "jig-supervisor", 2 },
		{ 4, 3, "make", 3 },
		{ 5, 4, "jig", 4 },
		{ 6, 5, "jig-supervisor", 5 },
		{ 7, 6, "server", 6 },
	};
	static const pid_t wanted[] = { 0, 0, 3, 3, 3, 6 };
	CLEANUP(fixtures_free)
	struct fixtures fixtures = find(rows, COUNT(rows));

	(void)state;
	assert_holders(&fixtures, wanted);
	assert_int_equal(fixtures_at(&fixtures, 1)->outer, 0);
	assert_true(fixtures_is_within(&fixtures, 5, 0));
	assert_true(fixtures_is_within(&fixtures, 5, 1));
	assert_true(fixtures_is_within(&fixtures, 4, 0));
	assert_false(fixtures_is_within(&fixtures, 4, 1));
	assert_false(fixtures_is_within(&fixtures, 0, 0));
	assert_false(fixtures_is_within(&fixtures, 99, 0));
	assert_false(fixtures_is_within(&fixtures, 5, FIXTURE_NONE));
}

/* Its guard was killed: init, or the shell's own manager, has adopted it. */
static void a_supervisor_without_a_guard_has_none(void **state)
{
	static const struct row rows[] = {
		{ 1, 0, "init", 1 },
		{ 3, 1, "jig-supervisor", 2 },
		{ 9, 50, "jig-supervisor", 2 },
	};
	CLEANUP(fixtures_free)
	struct fixtures fixtures = find(rows, COUNT(rows));

	(void)state;
	assert_int_equal(fixtures.all.count, 2);
	assert_int_equal(fixtures_at(&fixtures, 0)->guard, 0);
	assert_int_equal(fixtures_at(&fixtures, 0)->main, 0);
	assert_int_equal(fixtures_at(&fixtures, 1)->guard, 0);
}

static void main_is_the_process_that_was_started_first(void **state)
{
	static const struct row rows[] = {
		{ 3, 1, "jig-supervisor", 2 },
		{ 4, 3, "orphan", 9 },
		{ 5, 3, "second", 5 },
		{ 6, 3, "later", 5 },
	};
	CLEANUP(fixtures_free)
	struct fixtures fixtures = find(rows, COUNT(rows));

	(void)state;
	assert_int_equal(fixtures_at(&fixtures, 0)->main, 5);
}

/* A snapshot that is not atomic, with numbers used again meanwhile. */
static void a_cycle_belongs_to_no_fixture_and_ends(void **state)
{
	static const struct row rows[] = {
		{ 2, 4, "a", 1 },
		{ 3, 2, "b", 1 },
		{ 4, 3, "c", 1 },
		{ 5, 2, "d", 1 },
		{ 6, 7, "jig-supervisor", 1 },
		{ 7, 6, "jig-supervisor", 1 },
		{ 8, 7, "e", 1 },
		{ 0, 0, "f", 1 },
	};
	static const pid_t wanted[] = { 0, 0, 0, 0, 7, 6, 7, 0 };
	CLEANUP(fixtures_free)
	struct fixtures fixtures = find(rows, COUNT(rows));

	(void)state;
	assert_holders(&fixtures, wanted);
	assert_false(fixtures_is_within(&fixtures, 6, FIXTURE_NONE));
	assert_true(fixtures_is_within(&fixtures, 6, 0));
}

static void of_no_process_there_is_nothing(void **state)
{
	struct list none = { 0 };
	struct fixtures fixtures;

	(void)state;
	assert_int_equal(fixtures_find(&none, &fixtures), 0);
	assert_int_equal(fixtures.all.count, 0);
	assert_null(fixtures_holder(&fixtures, 0));
	fixtures_free(&fixtures);
	fixtures_free(&fixtures);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_below_a_supervisor_is_held_by_it),
		cmocka_unit_test(a_fixture_in_a_fixture_belongs_to_the_outer),
		cmocka_unit_test(a_supervisor_without_a_guard_has_none),
		cmocka_unit_test(main_is_the_process_that_was_started_first),
		cmocka_unit_test(a_cycle_belongs_to_no_fixture_and_ends),
		cmocka_unit_test(of_no_process_there_is_nothing),
	};

	return RUN(tests);
}
