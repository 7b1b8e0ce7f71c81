// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/session_order.h"
#include "view/view.h"

static void the_innermost_cage_of_a_path_is_found(void **state)
{
	static const struct {
		const char *text, *cage;
	} rows[] = {
		{ "0::/a/jig-12-0123456789abcdef/b\n",
		  "jig-12-0123456789abcdef" },
		{ "0::/jig-12-0123456789abcdef/jig-34-fedcba9876543210\n",
		  "jig-34-fedcba9876543210" },
		{ "0::/jig-12\n", "" },
		{ "0::/xjig-12-0123456789abcdef\n", "" },
		{ "0::/\n", "" },
		{ "", "" },
		{ "garbage", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char cage[VIEW_CAGE_SIZE];

		assert_int_equal(view_parse_cage(rows[i].text, cage),
				 *rows[i].cage ? 0 : -ENOENT);
		assert_string_equal(cage, rows[i].cage);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

/* Each against each: it is an order, and the one that is promised. */
static void leaders_come_first(void **state)
{
	static const struct session_place places[] = {
		{ 0, 0, 1 },	{ 7, 7, 7 },	{ 90, 90, 90 },
		{ 90, 90, 3 },	{ 90, 90, 91 }, { 90, 20, 20 },
		{ 90, 20, 70 }, { 90, 50, 50 }, { 90, 50, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++)
		for (size_t j = 0; j < COUNT(places); j++)
			assert_int_equal(sign(session_order(places[i],
							    places[j])),
					 sign((int)i - (int)j));
}

static void depths_are_below_leaders(void **state)
{
	static const struct {
		pid_t pid, pgid, sid;
		unsigned depth;
	} rows[] = {
		{ 5, 5, 5, 0 }, { 6, 5, 5, 1 }, { 7, 7, 5, 1 },
		{ 8, 7, 5, 2 }, { 2, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct proc_stat stat = { .pid = rows[i].pid,
						.pgid = rows[i].pgid,
						.sid = rows[i].sid };

		assert_int_equal(view_depth(&stat), rows[i].depth);
	}
}

static void the_foreground_is_its_terminals_group(void **state)
{
	const struct proc_stat front = { .pgid = 7, .tpgid = 7 };
	const struct proc_stat back = { .pgid = 7, .tpgid = 8 };
	const struct proc_stat none = { .pgid = -1, .tpgid = -1 };

	(void)state;
	assert_true(view_is_foreground(&front));
	assert_false(view_is_foreground(&back));
	assert_false(view_is_foreground(&none));
}

static int take_pid(pid_t pid, unsigned needs, struct view *ret)
{
	struct view_selection selection = { 0 };
	struct fault fault;
	int r = list_append(&selection.pids, &pid, sizeof(pid));

	if (r == 0)
		r = view_take(&selection, needs, ret, &fault);
	view_selection_free(&selection);
	return r;
}

static void we_are_shown_as_we_are(void **state)
{
	CLEANUP(view_free) struct view view = { 0 };
	const struct view_process *self;

	(void)state;
	assert_int_equal(take_pid(getpid(),
				  VIEW_STATUS | VIEW_ARGUMENTS | VIEW_NAMES |
					  VIEW_FIXTURES,
				  &view),
			 0);
	assert_int_equal(view.shown.count, 1);
	self = view_at(&view, 0);
	assert_int_equal(self->uid, geteuid());
	assert_int_equal(self->real_uid, getuid());
	assert_true(self->resident_kib > 0);
	assert_int_equal(view_stat(&view, self)->ppid, getppid());
	assert_non_null(strstr(view.text.text + self->arguments, "unit_view"));
	assert_true(view.hertz > 0 && view.now_us > 0 && view.memory_kib > 0);
}

static void a_process_named_twice_is_shown_once(void **state)
{
	struct view_selection selection = { 0 };
	CLEANUP(view_free) struct view view = { 0 };
	struct fault fault;
	pid_t pid = getpid();

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(list_append(&selection.pids, &pid,
					     sizeof(pid)),
				 0);
	assert_int_equal(view_take(&selection, 0, &view, &fault), 0);
	assert_int_equal(view.shown.count, 1);
	view_selection_free(&selection);
}

static void a_process_that_has_gone_is_not_shown(void **state)
{
	static const unsigned needs[] = { 0, VIEW_STATUS, VIEW_FIXTURES };
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (size_t i = 0; i < COUNT(needs); i++) {
		CLEANUP(view_free) struct view view = { 0 };

		assert_int_equal(take_pid(pid, needs[i], &view), 0);
		assert_int_equal(view.shown.count, 0);
	}
}

static void what_is_no_fixture_and_no_cage_is_enoent(void **state)
{
	struct view_selection fixtures = { 0 }, cages = { 0 };
	const char *name = "no-such-thing";
	struct view view = { 0 };
	struct fault fault;

	(void)state;
	assert_int_equal(list_append(&fixtures.fixtures, &name, sizeof(name)),
			 0);
	assert_int_equal(view_take(&fixtures, 0, &view, &fault), -ENOENT);
	assert_string_equal(fault.text, "there is no fixture 'no-such-thing'");
	assert_int_equal(list_append(&cages.cages, &name, sizeof(name)), 0);
	assert_int_equal(view_take(&cages, 0, &view, &fault), -ENOENT);
	assert_string_equal(fault.text, "there is no cage 'no-such-thing'");
	assert_null(view.stats.items);
	view_selection_free(&fixtures);
	view_selection_free(&cages);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_innermost_cage_of_a_path_is_found),
		cmocka_unit_test(leaders_come_first),
		cmocka_unit_test(depths_are_below_leaders),
		cmocka_unit_test(the_foreground_is_its_terminals_group),
		cmocka_unit_test(we_are_shown_as_we_are),
		cmocka_unit_test(a_process_named_twice_is_shown_once),
		cmocka_unit_test(a_process_that_has_gone_is_not_shown),
		cmocka_unit_test(what_is_no_fixture_and_no_cage_is_enoent),
	};

	return RUN(tests);
}
