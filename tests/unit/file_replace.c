// SPDX-License-Identifier: MIT
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "view/picture/file_replace.h"

static char folder[] = "/tmp/jig-unit-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void assert_content(const char *path, const char *wanted)
{
	char text[64];

	assert_true(fd_read_file(AT_FDCWD, path, text, sizeof(text)) >= 0);
	assert_string_equal(text, wanted);
}

static int entries(void)
{
	DIR *dir = opendir(".");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count - 2;
}

static void a_file_is_made_and_replaced(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_replace("a", "one", 3, NULL), 0);
	assert_content("a", "one");
	assert_int_equal(chmod("a", 0640), 0);
	assert_int_equal(file_replace("a", "two", 3, NULL), 0);
	assert_content("a", "two");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(entries(), 1);
	assert_int_equal(unlink("a"), 0);
}

/* A reader that has opened the old one reads it to its end. */
static void readers_see_the_old_one_or_the_new(void **state)
{
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(file_replace("a", "one", 3, NULL), 0);
	fd = open("a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_replace("a", "two", 3, NULL), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "one");
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink("a"), 0);
}

static void a_link_stays_one(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_replace("a", "one", 3, NULL), 0);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(file_replace("link", "two", 3, NULL), 0);
	assert_content("a", "two");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(unlink("a"), 0);
}

static void devices_are_written_to(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_replace("/dev/null", "x", 1, NULL), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(file_replace("/dev/full", "x", 1, NULL), -ENOSPC);
}

static void failures_say_why_and_leave_nothing(void **state)
{
	struct fault fault;

	(void)state;
	assert_int_equal(file_replace("no/a", "x", 1, &fault), -ENOENT);
	assert_string_equal(fault.text,
			    "cannot write no/a: No such file or directory");
	assert_int_equal(file_replace(".", "x", 1, &fault), -EISDIR);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(file_replace("d", "x", 1, &fault), -EISDIR);
	assert_int_equal(rmdir("d"), 0);
	assert_int_equal(entries(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_made_and_replaced),
		cmocka_unit_test(readers_see_the_old_one_or_the_new),
		cmocka_unit_test(a_link_stays_one),
		cmocka_unit_test(devices_are_written_to),
		cmocka_unit_test(failures_say_why_and_leave_nothing),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, set_up, tear_down);
}
