// SPDX-License-Identifier: MIT
/* Promise: both sides of a terminal without a session (base/pty.h). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pty.h"

static struct pty opened(const struct winsize *size)
{
	struct pty pty = PTY_NONE;
	struct fault fault = { "" };

	if (pty_open(size, &pty, &fault) < 0)
		fail_msg("%s", fault.text);
	return pty;
}

static void both_sides_are_ours_alone(void **state)
{
	struct pty pty = opened(NULL);
	char text[8] = "";

	(void)state;
	assert_int_equal(fcntl(pty.master, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(pty.slave, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(pty.master, F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(pty.slave, F_GETFL) & O_NONBLOCK);
	assert_true(isatty(pty.slave));
	/* It has no session, so it is not ours either. */
	assert_int_equal(tcgetpgrp(pty.slave), -1);
	assert_int_equal(read(pty.master, text, sizeof(text)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(pty.slave, "ok", 2), 2);
	assert_int_equal(read(pty.master, text, sizeof(text)), 2);
	assert_string_equal(text, "ok");
	pty_close(&pty);
	assert_int_equal(pty.master, -1);
	assert_int_equal(pty.slave, -1);
	pty_close(&pty);
}

static struct winsize size_of(const struct pty *pty)
{
	struct winsize size = { 0 };

	assert_int_equal(ioctl(pty->slave, TIOCGWINSZ, &size), 0);
	return size;
}

static void its_size_is_as_asked_and_can_change(void **state)
{
	struct winsize wide = { .ws_row = 5, .ws_col = 200 };
	struct pty pty = opened(NULL);

	(void)state;
	assert_int_equal(size_of(&pty).ws_row, 24);
	assert_int_equal(size_of(&pty).ws_col, 80);
	assert_int_equal(pty_resize(&pty, &wide), 0);
	assert_int_equal(size_of(&pty).ws_col, 200);
	pty_close(&pty);
	assert_int_equal(pty_resize(&pty, &wide), -EBADF);
	pty = opened(&wide);
	assert_int_equal(size_of(&pty).ws_row, 5);
	pty_close(&pty);
}

static void the_masters_end_is_the_slaves(void **state)
{
	struct pty pty = opened(NULL);
	char text[8];

	(void)state;
	assert_int_equal(close(pty.slave), 0);
	pty.slave = -1;
	assert_int_equal(read(pty.master, text, sizeof(text)), -1);
	assert_int_equal(errno, EIO);
	pty_close(&pty);
}

/* @return whether, with room for @more descriptors, it fails and leaves none.
 */
static bool fails_cleanly(int more)
{
	struct pty pty = PTY_NONE;
	struct fault fault = { "" };
	int next = fcntl(0, F_DUPFD, 3);
	struct rlimit limit = { (rlim_t)(next + more), (rlim_t)(next + more) };

	(void)close(next);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    pty_open(NULL, &pty, &fault) != -EMFILE || !fault.text[0])
		return false;
	return pty.master == -1 && pty.slave == -1 &&
	       (more == 0 || fcntl(next, F_GETFD) < 0);
}

static void without_descriptors_it_says_so(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(!fails_cleanly(more));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_are_ours_alone),
		cmocka_unit_test(its_size_is_as_asked_and_can_change),
		cmocka_unit_test(the_masters_end_is_the_slaves),
		cmocka_unit_test(without_descriptors_it_says_so),
	};

	return RUN(tests);
}
