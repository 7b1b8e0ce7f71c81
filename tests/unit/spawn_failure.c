// SPDX-License-Identifier: MIT
/* Promise: a spawn that fails says at which stage and why, and leaves no child.
 */
#include "spawn.h"

#include <sys/resource.h>

#include "base/sys.h"

static char *const true_argv[] = { "/bin/true", NULL };

static void assert_fails(const struct spawn *spawn, int error,
			 enum spawn_stage stage, const char *words)
{
	struct spawned child = { .pid = 77, .pidfd = 78 };
	struct fault fault = { "" };
	enum spawn_stage failed = SPAWN_CLONE;

	assert_int_equal(start_program(spawn, &child, &failed, &fault), error);
	assert_int_equal(failed, stage);
	assert_non_null(strstr(fault.text, words));
	assert_int_equal(child.pid, 77);
	assert_int_equal(child.pidfd, 78);
	assert_no_child();
}

static void a_wrong_directory_is_named(void **state)
{
	struct place *place = *state;
	struct spawn spawn = { .argv = true_argv, .cwd = "/nowhere" };

	assert_fails(&spawn, -ENOENT, SPAWN_CWD, "/nowhere");
	spawn.cwd = inside(place, "plain");
	assert_fails(&spawn, -ENOTDIR, SPAWN_CWD, "plain");
}

static void assert_exec_fails(const char *program, int error, const char *words)
{
	char *argv[] = { (char *)program, NULL };
	struct spawn spawn = { .argv = argv };

	assert_fails(&spawn, error, SPAWN_EXEC, words);
}

static void edge_34_what_cannot_be_executed_is_told_apart(void **state)
{
	struct place *place = *state;

	assert_exec_fails("/nowhere/program", -ENOENT, "/nowhere/program");
	assert_exec_fails("jig-no-such-command", -ENOENT, "not found in PATH");
	assert_exec_fails("", -ENOENT, "");
	assert_exec_fails(inside(place, "plain"), -EACCES, "plain");
	assert_exec_fails(inside(place, "noexec"), -ENOEXEC, "#!");
	assert_exec_fails(inside(place, "lost"), -ELIBBAD, "interpreter");
	assert_exec_fails(inside(place, "folder"), -EISDIR, "directory");
	assert_exec_fails(inside(place, "plain/x"), -ENOTDIR, "plain/x");
}

static void limits_that_are_refused_fail(void **state)
{
	struct spawn_limit limit = { RLIMIT_NOFILE, 10, 5 };
	struct spawn spawn = { .argv = true_argv,
			       .limits = &limit,
			       .limit_count = 1 };

	(void)state;
	assert_fails(&spawn, -EINVAL, SPAWN_LIMITS, "limits");
}

static void descriptors_that_are_not_open_fail(void **state)
{
	struct spawn_fd fds[SPAWN_FDS_MAX + 1] = { { 999, 5 } };
	struct spawn spawn = { .argv = true_argv, .fds = fds, .fd_count = 1 };

	(void)state;
	assert_fails(&spawn, -EBADF, SPAWN_FDS, "descriptors");
	spawn.fd_count = COUNT(fds);
	assert_fails(&spawn, -E2BIG, SPAWN_FDS, "descriptors");
}

static void a_terminal_that_is_none_fails(void **state)
{
	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn spawn = { .argv = true_argv,
			       .group = SPAWN_GROUP_FOREGROUND,
			       .terminal = null };

	(void)state;
	assert_fails(&spawn, -ENOTTY, SPAWN_FOREGROUND, "foreground");
}

static void a_cgroup_that_is_none_fails(void **state)
{
	CLEANUP_CLOSE int dir = open("/tmp", O_RDONLY | O_CLOEXEC);
	struct spawn spawn = { .argv = true_argv, .cgroup = dir };
	struct spawned child = { .pid = 77 };

	(void)state;
	assert_true(start_program(&spawn, &child, NULL, NULL) < 0);
	assert_int_equal(child.pid, 77);
	assert_no_child();
}

/* In a child, since it gives its privileges away. */
static int user_and_nice_are_refused(void)
{
	struct spawn_user user = { .uid = 1, .gid = 1 };
	struct spawn spawn = { .argv = true_argv, .user = &user };
	enum spawn_stage stage = SPAWN_CLONE;
	struct spawned child;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 0;
	if (start_program(&spawn, &child, &stage, NULL) != -EPERM ||
	    stage != SPAWN_USER)
		return 0;
	/* RLIMIT_NICE is 0 unless an administrator has raised it. */
	spawn = (struct spawn){ .argv = true_argv, .nice = -5 };
	return start_program(&spawn, &child, &stage, NULL) == -EACCES &&
	       stage == SPAWN_NICE;
}

static void without_privilege_user_and_nice_fail(void **state)
{
	(void)state;
	assert_true(child_says(user_and_nice_are_refused));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_wrong_directory_is_named),
		TEST(edge_34_what_cannot_be_executed_is_told_apart),
		cmocka_unit_test(limits_that_are_refused_fail),
		cmocka_unit_test(descriptors_that_are_not_open_fail),
		cmocka_unit_test(a_terminal_that_is_none_fails),
		cmocka_unit_test(a_cgroup_that_is_none_fails),
		cmocka_unit_test(without_privilege_user_and_nice_fail),
	};

	/* Ours may name directories that we may not enter: EACCES then. */
	(void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	if (is_under_valgrind())
		return EXIT_SKIP;
	int failed = RUN(tests);

	beside = true;
	return failed + RUN(tests);
}
