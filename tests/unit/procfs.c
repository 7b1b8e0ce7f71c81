// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "child.h"
#include "proc/procfs.h"

struct family {
	pid_t pid, ppid;
};

static struct list snapshot(const struct family *rows, size_t count)
{
	struct list all = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct proc_stat stat = { .pid = rows[i].pid,
					  .ppid = rows[i].ppid };

		assert_int_equal(list_append(&all, &stat, sizeof(stat)), 0);
	}
	return all;
}

static void assert_descendants(const struct family *rows, size_t count,
			       pid_t root, const pid_t *expected,
			       size_t expected_count)
{
	CLEANUP(list_free) struct list all = snapshot(rows, count);
	CLEANUP(list_free) struct list found = { 0 };

	assert_int_equal(procfs_descendants(&all, root, &found), 0);
	assert_int_equal(found.count, expected_count);
	for (size_t i = 0; i < expected_count; i++) {
		const struct proc_stat *stat =
			list_at(&found, i, sizeof(*stat));

		assert_int_equal(stat->pid, expected[i]);
	}
}

static void parents_come_before_children(void **state)
{
	/* Numbers wrap: a child may have a smaller one than its parent. */
	static const struct family rows[] = {
		{ 1, 0 },  { 5, 30 },  { 9, 10 },  { 10, 1 },
		{ 20, 1 }, { 30, 10 }, { 31, 20 },
	};
	static const pid_t expected[] = { 9, 30, 5 };

	(void)state;
	assert_descendants(rows, COUNT(rows), 10, expected, COUNT(expected));
}

static void a_process_without_one_has_none(void **state)
{
	static const struct family rows[] = { { 1, 0 }, { 2, 1 } };

	(void)state;
	assert_descendants(rows, COUNT(rows), 2, NULL, 0);
	assert_descendants(rows, COUNT(rows), 99, NULL, 0);
	assert_descendants(NULL, 0, 1, NULL, 0);
}

/* In a pid namespace a parent outside of it is shown as 0. */
static void pid_zero_is_no_end_of_the_world(void **state)
{
	static const struct family rows[] = {
		{ 0, 0 }, { 1, 0 }, { 7, 0 }, { 8, 7 }
	};
	static const pid_t expected[] = { 1, 7, 8 };

	(void)state;
	assert_descendants(rows, COUNT(rows), 0, expected, COUNT(expected));
}

/* A snapshot that is not atomic, with numbers used again meanwhile. */
static void a_cycle_ends(void **state)
{
	static const struct family rows[] = { { 2, 4 }, { 3, 2 }, { 4, 3 } };
	CLEANUP(list_free) struct list all = snapshot(rows, COUNT(rows));
	CLEANUP(list_free) struct list found = { 0 };

	(void)state;
	assert_int_equal(procfs_descendants(&all, 2, &found), -EAGAIN);
	assert_null(found.items);
}

static void a_scan_finds_ourselves_in_order(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(list_free) struct list all = { 0 };
	pid_t last = 0;
	bool found = false;

	(void)state;
	assert_true(procfd >= 0);
	assert_int_equal(procfs_scan(procfd, &all), 0);
	for (size_t i = 0; i < all.count; i++) {
		const struct proc_stat *stat = list_at(&all, i, sizeof(*stat));

		assert_true(stat->pid > last);
		last = stat->pid;
		found = found ||
			(stat->pid == getpid() && stat->ppid == getppid() &&
			 stat->pgid == getpgrp() && stat->sid == getsid(0));
	}
	assert_true(found);
}

static bool is_wanted(const struct proc_stat *stat, const void *context)
{
	return stat->pid == *(const pid_t *)context;
}

static void a_selection_keeps_the_processes_that_it_is_told(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(list_free) struct list found = { 0 };
	pid_t self = getpid();

	(void)state;
	assert_int_equal(procfs_select(procfd, is_wanted, &self, &found), 0);
	assert_int_equal(found.count, 1);
	assert_true(procfs_any_alive(&found));
	((struct proc_stat *)found.items)->state = 'Z';
	((struct proc_stat *)found.items)->threads = 1;
	assert_false(procfs_any_alive(&found));
}

/* A directory with our children's entries, but no `thread-self/children`. */
static int make_poor_proc(const char *path, const pid_t *pids, size_t count)
{
	char from[64], to[96];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(from, sizeof(from), "/proc/%d", pids[i]);
		(void)snprintf(to, sizeof(to), "%s/%d", path, pids[i]);
		assert_int_equal(symlink(from, to), 0);
	}
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void remove_poor_proc(const char *path, const pid_t *pids, size_t count)
{
	char name[96];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%s/%d", path, pids[i]);
		(void)unlink(name);
	}
	(void)rmdir(path);
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void assert_children(int procfd, const pid_t *pids, size_t count)
{
	CLEANUP(list_free) struct list found = { 0 };

	assert_int_equal(procfs_children(procfd, &found), 0);
	assert_int_equal(found.count, count);
	qsort(found.items, found.count, sizeof(pid_t), compare_pids);
	assert_memory_equal(found.items, pids, count * sizeof(pid_t));
}

static void all_three_sources_of_children_agree(void **state)
{
	char path[] = "/tmp/jig-unit-proc-XXXXXX";
	CLEANUP_CLOSE int procfd = procfs_open();
	pid_t pids[3];

	(void)state;
	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = child_sleeper();
	qsort(pids, COUNT(pids), sizeof(pids[0]), compare_pids);
	/* A zombie is a child until it is reaped. */
	(void)kill(pids[1], SIGKILL);
	child_await_zombie(pids[1]);
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int poor = make_poor_proc(path, pids, COUNT(pids));

	assert_children(procfd, pids, COUNT(pids));
	assert_children(poor, pids, COUNT(pids));
	assert_children(-1, pids, COUNT(pids));

	remove_poor_proc(path, pids, COUNT(pids));
	for (size_t i = 0; i < COUNT(pids); i++)
		child_end(pids[i]);
	assert_children(procfd, NULL, 0);
}

static void a_detail_tells_user_signals_and_arguments(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_detail detail;
	struct proc_stat stat;
	void (*term)(int) = signal(SIGTERM, SIG_IGN);

	(void)state;
	assert_int_equal(stat_read(procfd, getpid(), &stat), 0);
	assert_int_equal(procfs_detail(procfd, &stat, &detail), 0);
	assert_int_equal(detail.uid, geteuid());
	assert_true(detail.ignored & (1ULL << (SIGTERM - 1)));
	assert_true(strlen(detail.command) > 0);
	(void)signal(SIGTERM, term);
}

static void a_zombie_has_its_comm_for_a_command(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_detail detail;
	struct proc_stat stat;
	pid_t pid = child_sleeper();
	char expected[80];

	(void)state;
	(void)kill(pid, SIGKILL);
	child_await_zombie(pid);
	assert_int_equal(stat_read(procfd, pid, &stat), 0);
	assert_true(stat_is_dead(&stat));
	assert_int_equal(procfs_detail(procfd, &stat, &detail), 0);
	(void)snprintf(expected, sizeof(expected), "[%s]", stat.comm);
	assert_string_equal(detail.command, expected);
	child_end(pid);
	assert_int_equal(stat_read(procfd, pid, &stat), -ESRCH);
	assert_true(procfs_detail(procfd, &stat, &detail) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_come_before_children),
		cmocka_unit_test(a_process_without_one_has_none),
		cmocka_unit_test(pid_zero_is_no_end_of_the_world),
		cmocka_unit_test(a_cycle_ends),
		cmocka_unit_test(a_scan_finds_ourselves_in_order),
		cmocka_unit_test(
			a_selection_keeps_the_processes_that_it_is_told),
		cmocka_unit_test(all_three_sources_of_children_agree),
		cmocka_unit_test(a_detail_tells_user_signals_and_arguments),
		cmocka_unit_test(a_zombie_has_its_comm_for_a_command),
	};

	return RUN(tests);
}
