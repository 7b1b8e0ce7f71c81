// SPDX-License-Identifier: MIT
/* Promise: a spawn searches PATH as execvp(3) does. */
#include "spawn.h"

static int status_of(const char *path_variable, const char *cwd)
{
	char *argv[] = { "seven", NULL };
	char *envp[] = { (char *)path_variable, NULL };
	struct spawn spawn = { .argv = argv,
			       .envp = path_variable ? envp : &envp[1],
			       .cwd = cwd };
	struct spawned child;
	int r = start_program(&spawn, &child, NULL, NULL);

	if (r < 0)
		return r;
	cleanup_close(&child.pidfd);
	return WEXITSTATUS(child_wait(child.pid));
}

static void path_is_searched_in_order(void **state)
{
	struct place *place = *state;
	char path[256];

	(void)snprintf(path, sizeof(path), "PATH=/nowhere:%s:/bin",
		       place->path);
	assert_int_equal(status_of(path, NULL), 7);
	assert_int_equal(status_of("PATH=/nowhere:/bin", place->path), -ENOENT);
	assert_int_equal(status_of("PATH=", "/"), -ENOENT);
}

static void an_empty_entry_is_the_current_directory(void **state)
{
	static const char *const paths[] = { "PATH=", "PATH=:/nowhere",
					     "PATH=/nowhere:",
					     "PATH=/nowhere::/bin" };
	struct place *place = *state;

	for (size_t i = 0; i < COUNT(paths); i++)
		assert_int_equal(status_of(paths[i], place->path), 7);
}

static void without_path_the_default_one_serves(void **state)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	struct spawn spawn = { .argv = argv, .envp = envp };
	struct spawned child;

	(void)state;
	assert_int_equal(start_program(&spawn, &child, NULL, NULL), 0);
	cleanup_close(&child.pidfd);
	assert_int_equal(child_wait(child.pid), 0);
	assert_int_equal(status_of(NULL, NULL), -ENOENT);
}

static void found_but_forbidden_beats_not_found(void **state)
{
	struct place *place = *state;
	char path[256];

	assert_int_equal(chmod(inside(place, "seven"), 0644), 0);
	(void)snprintf(path, sizeof(path), "PATH=%s:/nowhere", place->path);
	assert_int_equal(status_of(path, NULL), -EACCES);
	assert_int_equal(chmod(inside(place, "seven"), 0755), 0);
}

static void an_entry_that_is_too_long_is_passed_over(void **state)
{
	struct place *place = *state;
	CLEANUP_FREE char *path = malloc(10000);
	size_t used = (size_t)sprintf(path, "PATH=/");

	memset(path + used, 'x', 5000);
	(void)sprintf(path + used + 5000, ":%s", place->path);
	assert_int_equal(status_of(path, NULL), 7);
}

static void a_path_of_its_own_may_have_another_name(void **state)
{
	char *argv[] = { "other-name", "-c", "[ $0 = other-name ]", NULL };
	struct spawn spawn = { .argv = argv, .path = "/bin/sh" };
	struct spawned child;

	(void)state;
	assert_int_equal(start_program(&spawn, &child, NULL, NULL), 0);
	if (child.pidfd >= 0)
		assert_int_equal(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	cleanup_close(&child.pidfd);
	assert_int_equal(child_wait(child.pid), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(path_is_searched_in_order),
		TEST(an_empty_entry_is_the_current_directory),
		cmocka_unit_test(without_path_the_default_one_serves),
		TEST(found_but_forbidden_beats_not_found),
		TEST(an_entry_that_is_too_long_is_passed_over),
		cmocka_unit_test(a_path_of_its_own_may_have_another_name),
	};

	/* Ours may name directories that we may not enter: EACCES then. */
	(void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	if (is_under_valgrind())
		return EXIT_SKIP;
	int failed = RUN(tests);

	beside = true;
	return failed + RUN(tests);
}
