// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cage/cgroup_path.h"

#define V2(root, at)                                                           \
	"30 20 0:26 " root " " at " rw shared:9 - cgroup2 cgroup rw\n"
#define V1(at) "31 20 0:27 / " at " rw - cgroup cgroup rw,pids\n"

static void assert_visible(const char *mounts, const char *own,
			   const char *expected)
{
	char path[256] = "untouched";

	assert_int_equal(cgroup_parse_mounts(mounts, own, path, sizeof(path)),
			 0);
	assert_string_equal(path, expected);
}

static void assert_invisible(const char *mounts, const char *own, int error)
{
	char path[256] = "untouched";

	assert_int_equal(cgroup_parse_mounts(mounts, own, path, sizeof(path)),
			 error);
	assert_string_equal(path, "untouched");
}

static void our_own_is_the_line_of_v2(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(cgroup_parse_own("0::/user.slice/a b\n", path,
					  sizeof(path)),
			 0);
	assert_string_equal(path, "/user.slice/a b");
	/* A hybrid host: v1 lines around it. */
	assert_int_equal(cgroup_parse_own("12:pids:/x\n1:name=systemd:/y\n"
					  "0::/z\n10:cpu:/0::/w\n",
					  path, sizeof(path)),
			 0);
	assert_string_equal(path, "/z");
	assert_int_equal(cgroup_parse_own("0::/", path, sizeof(path)), 0);
	assert_string_equal(path, "/");
}

static void assert_found(const char *text, int r, const char *expected)
{
	CLEANUP_FREE char *copy = strdup(text);
	const char *own = NULL;

	assert_non_null(copy);
	assert_int_equal(cgroup_find_own(copy, &own), r);
	if (expected)
		assert_string_equal(own, expected);
	else
		assert_null(own);
}

static void it_is_found_in_place(void **state)
{
	(void)state;
	assert_found("0::/user.slice/a b\n", 0, "/user.slice/a b");
	assert_found("12:pids:/x\n0::/z\n10:cpu:/0::/w\n", 0, "/z");
	assert_found("0::/", 0, "/");
	assert_found("", -ENOENT, NULL);
	assert_found("\n0::\n", -ENOENT, NULL);
	assert_found("1:name=0::/y\n10::/x\n", -ENOENT, NULL);
}

static void v1_alone_is_enoent(void **state)
{
	static const char *const texts[] = { "", "\n", "0::\n",
					     "12:pids:/x\n1:name=0::/y\n",
					     "10::/x\n" };
	char path[64] = "untouched";

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(cgroup_parse_own(texts[i], path, sizeof(path)),
				 -ENOENT);
	assert_string_equal(path, "untouched");
	assert_int_equal(cgroup_parse_own("0::/too-long\n", path, 9),
			 -ENAMETOOLONG);
	assert_int_equal(cgroup_parse_own("0::/fits\n", path, 6), 0);
}

static void the_directory_is_below_the_mount(void **state)
{
	(void)state;
	assert_visible(V2("/", "/sys/fs/cgroup"), "/a/b", "/sys/fs/cgroup/a/b");
	assert_visible(V2("/", "/sys/fs/cgroup"), "/", "/sys/fs/cgroup/");
	assert_visible(V2("/", "/"), "/a", "/a");
	/* Hybrid: v2 beside v1, wherever it is. */
	assert_visible(V1("/sys/fs/cgroup/pids")
			       V2("/", "/sys/fs/cgroup/unified"),
		       "/a", "/sys/fs/cgroup/unified/a");
}

static void a_part_of_the_tree_may_be_mounted(void **state)
{
	(void)state;
	assert_visible(V2("/docker/x", "/sys/fs/cgroup"), "/docker/x/y",
		       "/sys/fs/cgroup/y");
	assert_visible(V2("/docker/x", "/sys/fs/cgroup"), "/docker/x",
		       "/sys/fs/cgroup");
	/* A name that only begins alike is another directory. */
	assert_invisible(V2("/docker/x", "/sys/fs/cgroup"), "/docker/xy",
			 -EXDEV);
	/* The root lies outside of our cgroup namespace. */
	assert_invisible(V2("/..", "/sys/fs/cgroup"), "/", -EXDEV);
}

static void the_last_mount_lies_on_top(void **state)
{
	(void)state;
	assert_visible(V2("/", "/old") V2("/", "/new"), "/a", "/new/a");
	assert_visible(V2("/", "/old") V2("/other", "/new"), "/a", "/old/a");
	assert_visible(V2("/other", "/old") V2("/", "/new"), "/a", "/new/a");
}

static void names_are_unescaped(void **state)
{
	(void)state;
	assert_visible(V2("/", "/mnt/a\\040b"), "/x", "/mnt/a b/x");
	assert_visible(V2("/r\\040s", "/m\\011\\012\\134"), "/r s/x",
		       "/m\t\n\\/x");
	assert_visible(V2("/", "/m\\040"), "/x", "/m /x");
}

static void what_is_no_mount_of_v2_is_enoent(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"garbage\n",
		" - cgroup2\n",
		"1 2 3 - cgroup2 x\n",
		V1("/sys/fs/cgroup/pids"),
		"30 20 0:26 / /m rw - cgroup2x cgroup rw\n",
		"30 20 0:26 / /m rw - cgroup2",
	};

	(void)state;
	for (size_t i = 0; i + 1 < COUNT(texts); i++)
		assert_invisible(texts[i], "/a", -ENOENT);
	assert_visible(texts[COUNT(texts) - 1], "/a", "/m/a");
}

static void what_is_too_long_is_passed_over(void **state)
{
	char path[8] = "before", text[9000];
	size_t used = (size_t)sprintf(text, "30 20 0:26 / /");

	(void)state;
	memset(text + used, 'x', 5000);
	(void)sprintf(text + used + 5000, " rw - cgroup2 c rw\n");
	assert_invisible(text, "/a", -ENOENT);
	assert_int_equal(cgroup_parse_mounts(V2("/", "/longer"), "/a", path,
					     sizeof(path)),
			 -ENOENT);
	assert_string_equal(path, "before");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_is_the_line_of_v2),
		cmocka_unit_test(it_is_found_in_place),
		cmocka_unit_test(v1_alone_is_enoent),
		cmocka_unit_test(the_directory_is_below_the_mount),
		cmocka_unit_test(a_part_of_the_tree_may_be_mounted),
		cmocka_unit_test(the_last_mount_lies_on_top),
		cmocka_unit_test(names_are_unescaped),
		cmocka_unit_test(what_is_no_mount_of_v2_is_enoent),
		cmocka_unit_test(what_is_too_long_is_passed_over),
	};

	return RUN(tests);
}
