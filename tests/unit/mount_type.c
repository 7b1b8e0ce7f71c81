// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc/mount_type.h"

static const char mounts[] =
	"22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw\n"
	"2 28 0:6 / /dev rw shared:2 - devtmpfs udev rw,size=1k\n"
	"28 1 8:1 / / rw,relatime shared:1 master:3 - ext4 /dev/sda1 rw\n"
	"30 28 0:44 / /mnt/a\\040-\\040b rw - fuse.sshfs host:/ rw\n"
	"31 28 0:45 / /x rw - a_name_that_is_longer_than_any_type_has x rw\n"
	"32 28 0:46 / /y rw\n"
	"33 28 0:47 / /z rw - nfs4";

static void expect(int id, const char *type)
{
	char found[MOUNT_TYPE_SIZE] = "";

	assert_int_equal(mount_type(mounts, id, found), type ? 0 : -ENOENT);
	assert_string_equal(found, type ? type : "");
}

static void a_mount_is_found_by_its_id(void **state)
{
	(void)state;
	expect(2, "devtmpfs");
	expect(22, "sysfs");
	expect(28, "ext4");
	expect(30, "fuse.sshfs");
}

static void what_is_not_there_or_not_whole_has_no_type(void **state)
{
	char found[MOUNT_TYPE_SIZE];

	(void)state;
	expect(1, NULL);
	expect(-ENOENT, NULL);
	expect(31, NULL);
	expect(32, NULL);
	expect(33, NULL);
	assert_int_equal(mount_type("", 2, found), -ENOENT);
	assert_int_equal(mount_type("2", 2, found), -ENOENT);
	assert_int_equal(mount_type("2 ", 2, found), -ENOENT);
}

static void a_path_is_as_local_as_its_mount(void **state)
{
	(void)state;
	assert_true(mount_of_path_is_local(mounts, "/"));
	assert_true(mount_of_path_is_local(mounts, "/run/jig"));
	assert_true(mount_of_path_is_local(mounts, "/dev/shm"));
	assert_true(mount_of_path_is_local(mounts, "/zz"));
	assert_false(mount_of_path_is_local(mounts, "/mnt/a - b/jig"));
	assert_false(mount_of_path_is_local(mounts, "/x"));
	assert_false(mount_of_path_is_local(mounts, "/y/jig"));
	assert_false(mount_of_path_is_local(mounts, "/z/jig"));
	assert_false(mount_of_path_is_local("", "/run/jig"));
	/* The later one is above. */
	assert_true(mount_of_path_is_local("1 0 0:1 / /run rw - nfs h:/ rw\n2 "
					   "1 0:2 / /run rw - tmpfs t rw",
					   "/run/jig"));
}

static void the_id_stands_in_fdinfo(void **state)
{
	(void)state;
	assert_int_equal(mount_id("pos:\t0\nflags:\t02\nmnt_id:\t30\n"), 30);
	assert_int_equal(mount_id("pos:\t0\nflags:\t02\n"), -ENOENT);
	assert_int_equal(mount_id("mnt_id:\tx"), -ENOENT);
	assert_int_equal(mount_id("mnt_id:\t-5"), -ENOENT);
}

static void what_the_kernel_makes_up_is_local(void **state)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_true(mount_is_local(fd, &text));
	assert_non_null(text);
	free(text);
	close(fd);
}

static void what_is_on_no_mount_of_ours_is_not_known_as_local(void **state)
{
	int fd = memfd_create("jig", MFD_CLOEXEC);
	char *text = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_false(mount_is_local(fd, &text));
	assert_false(mount_is_local(-1, &text));
	free(text);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_is_found_by_its_id),
		cmocka_unit_test(what_is_not_there_or_not_whole_has_no_type),
		cmocka_unit_test(a_path_is_as_local_as_its_mount),
		cmocka_unit_test(the_id_stands_in_fdinfo),
		cmocka_unit_test(what_the_kernel_makes_up_is_local),
		cmocka_unit_test(
			what_is_on_no_mount_of_ours_is_not_known_as_local),
	};

	return RUN(tests);
}
