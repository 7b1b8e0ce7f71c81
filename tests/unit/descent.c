// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "child.h"
#include "proc/descent.h"
#include "proc/procfs.h"

/* A /proc of plain files. Numbers that no kernel gives out: no pidfd opens. */
#define BASE 5000000

static int fake_proc(char *path)
{
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void write_at(int dir, const char *path, const char *text)
{
	CLEANUP_CLOSE int fd =
		openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void put(int dir, int pid, int ppid, int start, const char *children)
{
	char path[64], text[256];

	(void)snprintf(path, sizeof(path), "%d", pid);
	(void)mkdirat(dir, path, 0700);
	(void)snprintf(path, sizeof(path), "%d/task", pid);
	(void)mkdirat(dir, path, 0700);
	(void)snprintf(path, sizeof(path), "%d/task/%d", pid, pid);
	(void)mkdirat(dir, path, 0700);
	(void)snprintf(path, sizeof(path), "%d/task/%d/children", pid, pid);
	write_at(dir, path, children);
	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	(void)snprintf(text, sizeof(text),
		       "%d (x) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 "
		       "0 0\n",
		       pid, ppid, start);
	write_at(dir, path, text);
}

static void drop(int dir, const char *path, int pid)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%d/stat", pid);
	(void)unlinkat(dir, name, 0);
	(void)snprintf(name, sizeof(name), "%d/task/%d/children", pid, pid);
	(void)unlinkat(dir, name, 0);
	(void)snprintf(name, sizeof(name), "%d/task/%d", pid, pid);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
	(void)snprintf(name, sizeof(name), "%d/task", pid);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
	(void)snprintf(name, sizeof(name), "%d", pid);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
	(void)rmdir(path);
}

/* 1 ─ 2 ─ 3; 2 lists 4 as well, but 4 is another's child by now. */
static void what_was_listed_by_another_parent_is_not_taken(void **state)
{
	char path[] = "/tmp/jig-unit-descent-XXXXXX";
	CLEANUP_CLOSE int dir = fake_proc(path);
	CLEANUP(list_free) struct list found = { 0 };
	char children[64];

	(void)state;
	(void)snprintf(children, sizeof(children), "%d ", BASE + 2);
	put(dir, BASE + 1, 1, 1, children);
	(void)snprintf(children, sizeof(children), "%d %d ", BASE + 3,
		       BASE + 4);
	put(dir, BASE + 2, BASE + 1, 2, children);
	put(dir, BASE + 3, BASE + 2, 3, "");
	put(dir, BASE + 4, 1, 4, "");
	assert_int_equal(procfs_tree(dir, BASE + 1, &found), 0);
	assert_int_equal(found.count, 2);
	for (int i = 1; i <= 4; i++)
		drop(dir, path, BASE + i);
}

static int ask(struct descent *descent, int pid)
{
	struct proc_stat now;

	assert_int_equal(stat_read(descent->procfd, pid, &now), 0);
	return descent_confirm(descent, &now);
}

static void a_chain_is_followed_to_the_root(void **state)
{
	char path[] = "/tmp/jig-unit-descent-XXXXXX";
	CLEANUP_CLOSE int dir = fake_proc(path);
	CLEANUP(descent_close)
	struct descent descent = { .procfd = dir, .root = BASE + 1 };

	(void)state;
	for (int i = 1; i < 300; i++)
		put(dir, BASE + i, i == 1 ? 1 : BASE + i - 1, i, "");
	put(dir, BASE + 300, 1, 7, "");
	put(dir, BASE + 301, BASE + 300, 8, "");
	assert_int_equal(ask(&descent, BASE + 2), 1);
	assert_int_equal(ask(&descent, BASE + 299), 1);
	assert_int_equal(ask(&descent, BASE + 1), 0);
	assert_int_equal(ask(&descent, BASE + 301), 0);
	for (int i = 1; i <= 301; i++)
		drop(dir, path, BASE + i);
}

/* Its parent went between two readings. */
static void a_gap_is_asked_again_and_is_not_yes(void **state)
{
	char path[] = "/tmp/jig-unit-descent-XXXXXX";
	CLEANUP_CLOSE int dir = fake_proc(path);
	CLEANUP(descent_close)
	struct descent descent = { .procfd = dir, .root = BASE + 1 };

	(void)state;
	put(dir, BASE + 3, BASE + 2, 3, ""); /* Its parent is not there. */
	assert_int_equal(ask(&descent, BASE + 3), -EAGAIN);
	drop(dir, path, BASE + 3);
}

static void real_descendants_are_told_from_others(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(descent_close)
	struct descent descent = { .procfd = procfd, .root = getpid() };
	pid_t child = child_sleeper();

	(void)state;
	assert_int_equal(ask(&descent, child), 1);
	assert_int_equal(ask(&descent, getpid()), 0);
	descent.root = child;
	assert_int_equal(ask(&descent, getpid()), 0);
	child_end(child);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_was_listed_by_another_parent_is_not_taken),
		cmocka_unit_test(a_chain_is_followed_to_the_root),
		cmocka_unit_test(a_gap_is_asked_again_and_is_not_yes),
		cmocka_unit_test(real_descendants_are_told_from_others),
	};

	return RUN(tests);
}
