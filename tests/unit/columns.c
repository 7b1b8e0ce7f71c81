// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "view/columns/columns.h"

#define ARGUMENTS "cat\0notes\033.txt"

/* Two processes; one has a tty, arguments and a user. */
struct world {
	struct proc_stat stats[2];
	struct view_process shown[2];
	char text[sizeof(ARGUMENTS)];
	struct view view;
};

static void make(struct world *world)
{
	*world = (struct world){
		.stats = { { .pid = 2346,
			     .ppid = 1520,
			     .pgid = 2345,
			     .sid = 1520,
			     .tpgid = 2345,
			     .tty = (int)makedev(136, 3),
			     .state = 'R',
			     .threads = 2,
			     .nice = 5,
			     .comm = "cat",
			     .start_ticks = 1000,
			     .user_ticks = 50,
			     .system_ticks = 50,
			     .virtual_bytes = 8 << 20 },
			   { .pid = 7,
			     .state = 'Z',
			     .tpgid = -1,
			     .threads = 1,
			     .nice = -20,
			     .comm = "a_comm_that_is_long",
			     .policy = 1 } },
		.text = ARGUMENTS,
		.shown = { { .index = 0,
			     .uid = 4000000000,
			     .real_uid = 5,
			     .resident_kib = 5300,
			     .arguments_size = sizeof(ARGUMENTS) },
			   { .index = 1, .is_locked = true } },
	};
	world->view = (struct view){
		.stats = { .items = world->stats, .count = 2 },
		.shown = { .items = world->shown, .count = 2 },
		.hertz = 100,
		.now_us = 100000000,
		.wall_us = 1000000000000000,
		.memory_kib = 53000,
	};
	world->view.text.text = world->text;
}

static void assert_line(const char *names, size_t index, const char *wanted)
{
	CLEANUP(list_free) struct list columns = { 0 };
	CLEANUP(buffer_free) struct buffer line = { 0 };
	struct fault fault;
	struct world world;

	make(&world);
	assert_int_equal(columns_parse(names, &columns, &fault), 0);
	columns_add_line(&columns, &world.view, view_at(&world.view, index),
			 &line);
	assert_string_equal(line.text, wanted);
}

static void assert_headers(const char *names, const char *wanted)
{
	CLEANUP(list_free) struct list columns = { 0 };
	CLEANUP(buffer_free) struct buffer line = { 0 };
	struct fault fault;

	assert_int_equal(columns_parse(names, &columns, &fault), 0);
	columns_add_headers(&columns, &line);
	assert_string_equal(line.text ? line.text : "", wanted);
}

static void headers_and_widths_are_those_of_ps(void **state)
{
	(void)state;
	assert_headers("pid,tty,stat,etime,comm",
		       "  PID TT       STAT     ELAPSED COMMAND\n");
	assert_headers(" pid ,  rss\t%cpu ", "  PID   RSS %CPU\n");
	assert_headers("comm,pid", "COMMAND           PID\n");
}

static void a_header_can_be_another_one(void **state)
{
	(void)state;
	assert_headers("pid=NUMBER,comm", "NUMBER COMMAND\n");
	assert_headers("comm=What it is,pid", "What it is        PID\n");
	assert_headers("pid=,comm=", "");
	assert_headers("pid=,comm", "      COMMAND\n");
	assert_headers("pid=gr\xc3\xb6\xc3\x9f"
		       "er,comm",
		       "größer COMMAND\n");
	/* Nor does a header move a cursor. */
	assert_headers("pid=\033[2J", " ?[2J\n");
}

static void a_width_can_be_given(void **state)
{
	(void)state;
	assert_headers("pid:10,comm", "       PID COMMAND\n");
	assert_headers("comm:3,pid", "COMMAND PID\n");
	assert_headers("user:12=X,pid", "X              PID\n");
	assert_line("comm:2,pid:10,pid", 0, "ca       2346  2346\n");
	assert_line("comm:300,pid", 0,
		    "cat                                                      "
		    "                                                         "
		    "                                                         "
		    "                                                         "
		    "                                                         "
		    "                 2346\n");
}

static void what_is_no_column_is_said(void **state)
{
	static const struct {
		const char *names, *said;
	} rows[] = {
		{ "pid,comn", "no column 'comn'; did you mean comm?" },
		{ "zzzzzzzzz", "no column 'zzzzzzzzz'" },
		{ "", "no column is named" },
		{ " , ,", "no column is named" },
		{ "=X", "no column ''" },
		{ "pid:", "pid: a width is a number from 1 to 999" },
		{ "pid:0", "pid: a width is a number from 1 to 999" },
		{ "pid:1000", "pid: a width is a number from 1 to 999" },
		{ "pid:99999999", "pid: a width is a number from 1 to 999" },
		{ "pid:x=P", "pid: a width is a number from 1 to 999" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(list_free) struct list columns = { 0 };
		struct fault fault;

		assert_int_equal(columns_parse(rows[i].names, &columns, &fault),
				 -EINVAL);
		assert_string_equal(fault.text, rows[i].said);
	}
}

static void too_many_columns_are_refused(void **state)
{
	CLEANUP(list_free) struct list columns = { 0 };
	char names[8001];
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(names) - 1; i++)
		names[i] = "pid,"[i % 4];
	names[sizeof(names) - 1] = '\0';
	assert_int_equal(columns_parse(names, &columns, &fault), -EINVAL);
}

static void cells_are_formatted_as_ps_does(void **state)
{
	(void)state;
	assert_line("pid,ppid,pgid,sid,tpgid,tty,stat", 0,
		    " 2346  1520  2345  1520  2345 pts/3    RNl+\n");
	assert_line(
		"etime,etimes,time,pcpu,pmem,rss,vsz,nlwp,ni", 0,
		"      01:30      90 00:00:01  1.1 10.0  5300   8192    2   "
		"5\n");
	assert_line("tty,ni,stat,comm", 1,
		    "?          - Z<L  a_comm_that_is_long\n");
}

static void a_number_without_a_name_is_a_number(void **state)
{
	(void)state;
	assert_line("user,ruser,pid", 0, "4000000000 5       2346\n");
}

static void the_last_column_is_whole_and_others_are_cut(void **state)
{
	(void)state;
	assert_line("comm,pid", 1, "a_comm_that_is_     7\n");
	assert_line("pid,comm", 1, "    7 a_comm_that_is_long\n");
	assert_line("args,pid", 1, "[a_comm_that_is_long] <defu     7\n");
	assert_line("args", 1, "[a_comm_that_is_long] <defunct>\n");
}

static void arguments_have_blanks_between_and_move_no_cursor(void **state)
{
	(void)state;
	assert_line("args", 0, "cat notes?.txt\n");
	assert_line("outline", 0, "    cat notes?.txt\n");
}

static void leaders_are_marked(void **state)
{
	(void)state;
	assert_line("lead,pid", 0, "-  2346\n");
}

static void a_wide_cell_moves_others_until_blanks_make_up_for_it(void **state)
{
	(void)state;
	assert_line("uid=U,comm,pid", 0, "4000000000 cat         2346\n");
	assert_line("uid:4,nlwp,pid", 0, "4000000000 2 2346\n");
}

static void pids_are_as_wide_as_the_machine_needs(void **state)
{
	CLEANUP(list_free) struct list columns = { 0 };
	CLEANUP(buffer_free) struct buffer line = { 0 };
	struct fault fault;

	(void)state;
	assert_true(columns_pid_digits() >= 5);
	assert_int_equal(columns_parse("pid,rss", &columns, &fault), 0);
	columns_widen(&columns, 7);
	columns_add_headers(&columns, &line);
	assert_string_equal(line.text, "    PID   RSS\n");
}

static void elapsed_times_have_as_many_parts_as_they_need(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "00:00" },
		{ 59, "00:59" },
		{ 3599, "59:59" },
		{ 3600, "01:00:00" },
		{ 86399, "23:59:59" },
		{ 86400, "1-00:00:00" },
		{ 864000, "10-00:00:00" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(buffer_free) struct buffer text = { 0 };
		size_t width =
			cell_elapsed(&text, rows[i].seconds * 1000000 + 999999);

		assert_string_equal(text.text, rows[i].text);
		assert_int_equal(width, strlen(rows[i].text));
	}
}

static void numbers_of_every_size_are_written(void **state)
{
	static const int64_t numbers[] = { 0, 7, -1, INT64_MAX, INT64_MIN };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		CLEANUP(buffer_free) struct buffer text = { 0 };
		char wanted[32];

		(void)snprintf(wanted, sizeof(wanted), "%lld",
			       (long long)numbers[i]);
		assert_int_equal(cell_number(&text, numbers[i]),
				 strlen(wanted));
		assert_string_equal(text.text, wanted);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_and_widths_are_those_of_ps),
		cmocka_unit_test(a_header_can_be_another_one),
		cmocka_unit_test(a_width_can_be_given),
		cmocka_unit_test(what_is_no_column_is_said),
		cmocka_unit_test(too_many_columns_are_refused),
		cmocka_unit_test(cells_are_formatted_as_ps_does),
		cmocka_unit_test(a_number_without_a_name_is_a_number),
		cmocka_unit_test(the_last_column_is_whole_and_others_are_cut),
		cmocka_unit_test(
			arguments_have_blanks_between_and_move_no_cursor),
		cmocka_unit_test(leaders_are_marked),
		cmocka_unit_test(
			a_wide_cell_moves_others_until_blanks_make_up_for_it),
		cmocka_unit_test(pids_are_as_wide_as_the_machine_needs),
		cmocka_unit_test(elapsed_times_have_as_many_parts_as_they_need),
		cmocka_unit_test(numbers_of_every_size_are_written),
	};

	return RUN(tests);
}
