// SPDX-License-Identifier: MIT
/*
 * A child that is born in a control group is given its function and argument,
 * whichever registers the compiler has left for them.
 *
 * meson.build compiles base/sys_clone.c for this test with so few free
 * registers that the frame pointer's would be one of them. The child is born in
 * our own group: nothing is made, and nothing is moved.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "cage/cgroup_path.h"
#include "child.h"

/* @ret is empty when it does not fit, or cannot be read. */
static void read_text(const char *path, char *ret, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;

	while (fd >= 0 && length < size - 1 &&
	       (n = read(fd, ret + length, size - 1 - length)) > 0)
		length += (size_t)n;
	ret[length < size - 1 ? length : 0] = '\0';
}

/* @return the directory of our control group (v2), or -1. */
static int own_group(void)
{
	static char groups[4096], mounts[65536], own[4096], path[8192];

	read_text("/proc/self/cgroup", groups, sizeof(groups));
	read_text("/proc/self/mountinfo", mounts, sizeof(mounts));
	if (cgroup_parse_own(groups, own, sizeof(own)) < 0 ||
	    cgroup_parse_mounts(mounts, own, path, sizeof(path)) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int answer(void *argument)
{
	return *(int *)argument;
}

static void child_gets_its_argument(void **state)
{
	CLEANUP_CLOSE int group = own_group(), pidfd = -1;
	int status = 42;
	uint64_t mask;

	(void)state;
	if (group < 0)
		skip();
	mask = sys_signal_mask(SYS_ALL_SIGNALS);
	pid_t pid = sys_vfork_call(group, answer, &status, &pidfd);
	(void)sys_signal_mask(mask);
	if (pid == -EACCES || pid == -EPERM || pid == -ENOSYS)
		skip(); /* An ordinary user's group, or seccomp. */
	assert_true(pid > 0);
	status = child_wait(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_gets_its_argument),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
