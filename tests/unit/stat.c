// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc/stat.h"

/* Fields 4 to 24 behind the state, as proc_pid_stat(5) numbers them. */
#define REST                                                                   \
	"1 2 3 34816 2 4194304 100 0 0 0 7 8 0 0 20 -3 5 0 987654 4096000 250"
#define MORE " 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 2 9 0 0\n"

static void every_field_is_where_it_belongs(void **state)
{
	struct proc_stat stat;

	(void)state;
	assert_int_equal(stat_parse("42 (sh) S " REST MORE, &stat), 0);
	assert_int_equal(stat.pid, 42);
	assert_string_equal(stat.comm, "sh");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.ppid, 1);
	assert_int_equal(stat.pgid, 2);
	assert_int_equal(stat.sid, 3);
	assert_int_equal(stat.tty, 34816);
	assert_int_equal(stat.tpgid, 2);
	assert_int_equal(stat.user_ticks, 7);
	assert_int_equal(stat.system_ticks, 8);
	assert_int_equal(stat.flags, 4194304);
	assert_int_equal(stat.nice, -3);
	assert_int_equal(stat.policy, 2);
	assert_int_equal(stat.threads, 5);
	assert_int_equal(stat.start_ticks, 987654);
	assert_int_equal(stat.virtual_bytes, 4096000);
	assert_int_equal(stat.resident_pages, 250);
}

static void a_comm_may_hold_anything(void **state)
{
	static const char *const comms[] = { "",	")",	     "(",
					     ") Z 1 (", "a b",	     "a\nb",
					     "a) S 1",	"((()))) R", "\xff" };

	(void)state;
	for (size_t i = 0; i < COUNT(comms); i++) {
		struct proc_stat stat;
		char text[256];

		(void)snprintf(text, sizeof(text), "42 (%s) S %s%s", comms[i],
			       REST, MORE);
		assert_int_equal(stat_parse(text, &stat), 0);
		assert_string_equal(stat.comm, comms[i]);
		assert_int_equal(stat.ppid, 1);
	}
}

static void a_long_comm_is_cut_and_ended(void **state)
{
	struct proc_stat stat;
	char text[400], comm[201];

	(void)state;
	memset(comm, 'k', sizeof(comm) - 1);
	comm[200] = '\0';
	(void)snprintf(text, sizeof(text), "42 (%s) S %s%s", comm, REST, MORE);
	assert_int_equal(stat_parse(text, &stat), 0);
	assert_int_equal(strlen(stat.comm), sizeof(stat.comm) - 1);
}

static void a_truncated_line_is_einval_and_changes_nothing(void **state)
{
	static const char line[] = "42 (sh) S " REST;
	const char *last_field = strrchr(line, ' ') + 1;
	struct proc_stat stat = { .pid = 7 };

	(void)state;
	for (size_t n = 0; line + n <= last_field; n++) {
		char text[sizeof(line)] = "";

		memcpy(text, line, n);
		assert_int_equal(stat_parse(text, &stat), -EINVAL);
	}
	assert_int_equal(stat.pid, 7);
}

static void what_is_no_stat_line_is_einval(void **state)
{
	static const char *const wrong[] = {
		"sh",
		"42 sh S " REST,
		")42 (sh S " REST,
		"42 (sh)S " REST,
		"x (sh) S " REST,
		"0 (sh) S " REST,
		"-5 (sh) S " REST,
		"42 (sh) S x 2 3 4",
		"42 (sh) SS " REST,
		"42 (sh) ",
	};
	struct proc_stat stat = { .pid = 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(stat_parse(wrong[i], &stat), -EINVAL);
	assert_int_equal(stat.pid, 7);
}

static void edge_8_a_zombie_leader_with_threads_lives(void **state)
{
	struct proc_stat stat = { .state = 'Z', .threads = 2 };

	(void)state;
	assert_false(stat_is_dead(&stat));
	stat.threads = 1;
	assert_true(stat_is_dead(&stat));
	stat.threads = 0;
	assert_true(stat_is_dead(&stat));
	stat = (struct proc_stat){ .state = 'X', .threads = 9 };
	assert_true(stat_is_dead(&stat));
	stat = (struct proc_stat){ .state = 'D', .threads = 1 };
	assert_false(stat_is_dead(&stat));
}

static void stopped_and_traced_cannot_fork(void **state)
{
	(void)state;
	assert_true(stat_is_stopped(&(struct proc_stat){ .state = 'T' }));
	assert_true(stat_is_stopped(&(struct proc_stat){ .state = 't' }));
	assert_false(stat_is_stopped(&(struct proc_stat){ .state = 'S' }));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_where_it_belongs),
		cmocka_unit_test(a_comm_may_hold_anything),
		cmocka_unit_test(a_long_comm_is_cut_and_ended),
		cmocka_unit_test(
			a_truncated_line_is_einval_and_changes_nothing),
		cmocka_unit_test(what_is_no_stat_line_is_einval),
		cmocka_unit_test(edge_8_a_zombie_leader_with_threads_lives),
		cmocka_unit_test(stopped_and_traced_cannot_fork),
	};

	return RUN(tests);
}
