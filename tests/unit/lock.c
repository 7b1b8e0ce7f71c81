// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/id.h"
#include "base/file/lock.h"
#include "child.h"

/* Nothing here takes as long. */
#define LONG_US 30000000

static int open_folder(void **state)
{
	static char path[] = "/tmp/jig-lock-XXXXXX";

	strcpy(path + strlen(path) - 6, "XXXXXX");
	assert_non_null(mkdtemp(path));
	*state = path;
	return chdir(path);
}

static int close_folder(void **state)
{
	(void)unlink("lock");
	(void)unlink("other");
	return chdir("/") < 0 ? -1 : rmdir(*state);
}

static void one_holds_it(void **state)
{
	CLEANUP_CLOSE int first =
		lock_open(AT_FDCWD, "lock", O_RDWR | O_CREAT, 0);

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(lock_open(AT_FDCWD, "lock", O_RDWR, 0), -EWOULDBLOCK);
	assert_int_equal(lock_open(AT_FDCWD, "lock", O_RDWR, 1), -ETIMEDOUT);
	cleanup_close(&first);
	first = lock_open(AT_FDCWD, "lock", O_RDWR, 0);
	assert_true(first >= 0);
}

static void what_is_not_there_is_not_made(void **state)
{
	(void)state;
	assert_int_equal(lock_open(AT_FDCWD, "lock", O_RDWR, 0), -ENOENT);
}

static void a_symbolic_link_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink("other", "lock"), 0);
	assert_int_equal(lock_open(AT_FDCWD, "lock", O_RDWR | O_CREAT, 0),
			 -ELOOP);
}

/* Whether a process has this file open. */
static bool has_open(pid_t pid, const struct stat *file)
{
	for (int fd = 3; fd < 64; fd++) {
		struct stat open;
		char link[64];

		(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid,
			       fd);
		if (stat(link, &open) == 0 && open.st_dev == file->st_dev &&
		    open.st_ino == file->st_ino)
			return true;
	}
	return false;
}

static int locks_what_is_named(void)
{
	CLEANUP_CLOSE int fd = lock_open(AT_FDCWD, "lock", O_RDWR, LONG_US);

	return fd >= 0 && lock_has_name(fd, AT_FDCWD, "lock");
}

/* It inherits no descriptor: the lock belongs to the open file. */
static pid_t fork_waiting(void)
{
	pid_t pid = child_fork();
	siginfo_t info;

	if (pid == 0) {
		(void)raise(SIGSTOP);
		_exit(locks_what_is_named() ? 0 : 1);
	}
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	return pid;
}

/* The other process has it open, and waits: now it is removed, as by a jig that
 * has taken it for stale, and another one is made. */
static void a_file_that_was_replaced_meanwhile_is_not_locked(void **state)
{
	pid_t waiting = fork_waiting();
	CLEANUP_CLOSE int ours =
		lock_open(AT_FDCWD, "lock", O_RDWR | O_CREAT, 0);
	struct stat file;

	(void)state;
	assert_int_equal(fstat(ours, &file), 0);
	assert_int_equal(kill(waiting, SIGCONT), 0);
	while (!has_open(waiting, &file))
		(void)sched_yield();
	assert_int_equal(unlink("lock"), 0);
	CLEANUP_CLOSE int made = open("lock", O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(made >= 0);
	assert_false(lock_has_name(ours, AT_FDCWD, "lock"));
	cleanup_close(&ours);
	assert_int_equal(child_wait(waiting), 0);
}

static void a_file_is_known_by_its_birth(void **state)
{
	struct file_id first, second;
	CLEANUP_CLOSE int fd = open("lock", O_RDWR | O_CREAT | O_EXCL, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_id_read("lock", &first), 0);
	assert_true(file_id_is_at(&first, "lock"));
	assert_int_equal(chmod("lock", 0640), 0);
	assert_true(file_id_is_at(&first, "lock"));
	second = first;
	second.born_ns++; /* as if the inode number were used again */
	assert_false(file_id_is_at(&second, "lock"));
	assert_int_equal(rename("lock", "other"), 0);
	assert_false(file_id_is_at(&first, "lock"));
	assert_true(file_id_is_at(&first, "other"));
	assert_int_equal(symlink("other", "lock"), 0);
	assert_false(file_id_is_at(&first, "lock"));
}

static void what_was_never_made_is_nowhere(void **state)
{
	struct file_id none = { .inode = 0 }, id;

	(void)state;
	assert_false(file_id_is_at(&none, "lock"));
	assert_false(file_id_is_at(&none, "/"));
	assert_int_equal(file_id_read("lock", &id), -ENOENT);
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, open_folder, close_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(one_holds_it),
		IN_FOLDER(what_is_not_there_is_not_made),
		IN_FOLDER(a_symbolic_link_is_not_followed),
		IN_FOLDER(a_file_that_was_replaced_meanwhile_is_not_locked),
		IN_FOLDER(a_file_is_known_by_its_birth),
		IN_FOLDER(what_was_never_made_is_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
