// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>

#include "child.h"
#include "proc/handle.h"
#include "proc/procfs.h"

struct pinned {
	int procfd;
	pid_t pid;
	struct proc_stat seen;
};

static int set_up(void **state)
{
	struct pinned *pinned = calloc(1, sizeof(*pinned));

	if (!pinned)
		return -1;
	pinned->procfd = procfs_open();
	pinned->pid = child_sleeper();
	*state = pinned;
	return stat_read(pinned->procfd, pinned->pid, &pinned->seen);
}

static int tear_down(void **state)
{
	struct pinned *pinned = *state;

	if (pinned->pid > 0)
		child_end(pinned->pid);
	cleanup_close(&pinned->procfd);
	free(pinned);
	return 0;
}

static void a_handle_names_the_process_that_was_seen(void **state)
{
	struct pinned *pinned = *state;
	struct handle handle = HANDLE_NONE;
	struct proc_stat now;

	assert_int_equal(handle_open(pinned->procfd, &pinned->seen, &handle,
				     &now),
			 0);
	assert_int_equal(handle.pid, pinned->pid);
	assert_true(handle.start_ticks == pinned->seen.start_ticks);
	assert_int_equal(now.pid, pinned->pid);
	assert_int_equal(handle_kill(&handle, 0), 0);
	if (handle.fd >= 0)
		assert_int_equal(fcntl(handle.fd, F_GETFD), FD_CLOEXEC);
	handle_close(&handle);
	assert_int_equal(handle.fd, -1);
	handle_close(&handle);
}

static void edge_17_kill_after_the_reap_is_esrch(void **state)
{
	struct pinned *pinned = *state;
	struct handle handle = HANDLE_NONE;

	assert_int_equal(handle_open(pinned->procfd, &pinned->seen, &handle,
				     NULL),
			 0);
	assert_int_equal(handle_kill(&handle, SIGKILL), 0);
	assert_int_equal(child_wait(pinned->pid), SIGKILL);
	pinned->pid = 0;
	assert_int_equal(handle_kill(&handle, SIGKILL), -ESRCH);
	handle_close(&handle);
}

static void edge_17_another_start_time_is_another_process(void **state)
{
	struct pinned *pinned = *state;
	struct handle handle = HANDLE_NONE;

	pinned->seen.start_ticks++;
	assert_int_equal(handle_open(pinned->procfd, &pinned->seen, &handle,
				     NULL),
			 -ESRCH);
	assert_int_equal(handle.fd, -1);
	assert_int_equal(handle.pid, 0);
}

static void the_dead_and_the_gone_are_not_pinned(void **state)
{
	struct pinned *pinned = *state;
	struct handle handle = HANDLE_NONE;

	(void)kill(pinned->pid, SIGKILL);
	child_await_zombie(pinned->pid);
	assert_int_equal(handle_open(pinned->procfd, &pinned->seen, &handle,
				     NULL),
			 -ESRCH);
	child_end(pinned->pid);
	pinned->pid = 0;
	assert_int_equal(handle_open(pinned->procfd, &pinned->seen, &handle,
				     NULL),
			 -ESRCH);
}

/* As where pidfds are missing (before Linux 5.3). */
static void without_a_pidfd_the_start_time_is_confirmed(void **state)
{
	struct pinned *pinned = *state;
	struct handle handle = { .pid = pinned->pid,
				 .fd = -1,
				 .procfd = pinned->procfd,
				 .start_ticks = pinned->seen.start_ticks + 1 };

	assert_int_equal(handle_kill(&handle, SIGKILL), -ESRCH);
	assert_int_equal(kill(pinned->pid, 0), 0);
	handle.start_ticks--;
	assert_int_equal(handle_kill(&handle, SIGKILL), 0);
	assert_int_equal(child_wait(pinned->pid), SIGKILL);
	pinned->pid = 0;
	assert_int_equal(handle_kill(&handle, SIGKILL), -ESRCH);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_handle_names_the_process_that_was_seen),
		TEST(edge_17_kill_after_the_reap_is_esrch),
		TEST(edge_17_another_start_time_is_another_process),
		TEST(the_dead_and_the_gone_are_not_pinned),
		TEST(without_a_pidfd_the_start_time_is_confirmed),
	};

	return RUN(tests);
}
