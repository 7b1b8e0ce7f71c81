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

struct numbers {
	int fds[256];
	size_t count;
};

static void note_number(int fd, void *context)
{
	struct numbers *numbers = context;

	assert_true(numbers->count < 256);
	numbers->fds[numbers->count++] = fd;
}

static bool only_standard_and(int procfd, const struct numbers *given)
{
	struct numbers own = *given;

	return dropping_only_standard(procfd, own.fds, own.count);
}

static void what_is_open_beside_our_own_is_noticed(void **state)
{
	int procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int input = dup(STDIN_FILENO), more, hanging;
	struct numbers own = { .count = 0 };
	struct stat table;

	(void)state;
	assert_true(procfd >= 0 && input >= 0);
	assert_int_equal(fstatat(procfd, "self/fd", &table, 0), 0);
	assert_int_equal(fd_list(note_number, &own), 0);
	own.fds[own.count++] = procfd; /* Once more. */
	own.fds[own.count++] = -1;
	/* Before Linux 6.2 the kernel does not count them. */
	assert_int_equal(only_standard_and(procfd, &own), table.st_size > 0);
	assert_false(only_standard_and(-1, &own));
	more = dup(procfd);
	assert_false(only_standard_and(procfd, &own));
	close(more);
	hanging = memfd_create("jig", MFD_CLOEXEC);
	assert_int_equal(dup2(hanging, STDIN_FILENO), STDIN_FILENO);
	close(hanging);
	assert_false(only_standard_and(procfd, &own));
	close(STDIN_FILENO);
	assert_false(only_standard_and(procfd, &own));
	assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
	close(input);
	close(procfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_on_a_local_file_system_is_left_alone),
		cmocka_unit_test(a_file_that_may_hang_becomes_dev_null),
		cmocka_unit_test(what_is_open_beside_our_own_is_noticed),
	};

	return RUN(tests);
}
