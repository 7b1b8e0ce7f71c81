// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "proc/dropping.h"

static mode_t type_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_mode & S_IFMT;
}

/* /proc has no block device, as tmpfs and FUSE have none. */
static void a_file_on_a_local_file_system_is_left_alone(void **state)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	drop_file(fd);
	assert_int_equal(type_of(fd), S_IFREG);
	close(fd);
}

/* A memfd is on no mount that mountinfo has. */
static void a_file_that_may_hang_becomes_dev_null(void **state)
{
	int fd = memfd_create("jig", MFD_CLOEXEC), other = dup(fd);

	(void)state;
	assert_true(fd >= 0 && other >= 0);
	drop_file(fd);
	assert_int_equal(type_of(fd), S_IFCHR);
	assert_int_equal(type_of(other), S_IFREG);
	/* No child of it is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	close(fd);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_on_a_local_file_system_is_left_alone),
		cmocka_unit_test(a_file_that_may_hang_becomes_dev_null),
	};

	return RUN(tests);
}
