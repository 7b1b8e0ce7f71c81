// SPDX-License-Identifier: MIT
/* Promise: what does not take our output does not hold us up
 * (core/output/outlet.h; EDGE_CASES 41). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/output/outlet.h"
#include "core/output/ring.h"

#define SIZE 65536

/* Until it takes nothing more; a write that blocked would never return. */
static void fill(struct outlet *outlet)
{
	static const char bytes[SIZE];
	ssize_t n = 1;

	for (int i = 0; n > 0 && i < 4096; i++)
		n = outlet_write(outlet, bytes, sizeof(bytes));
	assert_int_equal(n, -EAGAIN);
}

static void close_now(struct outlet *outlet)
{
	uint64_t left;

	assert_int_equal(outlet_close(outlet, 0, &left), 0);
}

/* A full outlet returns -EAGAIN, and the open file is still a blocking one for
 * the processes that share it. */
static void check_full(const int ends[2])
{
	struct outlet outlet = OUTLET_NONE;

	assert_int_equal(outlet_open(ends[1], &outlet), 0);
	fill(&outlet);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	close_now(&outlet);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_full_pipe_that_others_share(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_full(ends);
}

static void a_full_socket_that_others_share(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_full(ends);
}

/* A child writes to it. What the file does not take is refused, and we learn
 * why. */
static void a_file_that_takes_no_more(void **state)
{
	const struct rlimit small = { 4096, RLIM_INFINITY };
	struct outlet outlet = OUTLET_NONE;
	struct rlimit before;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(outlet_open(fileno(file), &outlet), 0);
	assert_int_equal(outlet_failure(&outlet), 0);
	assert_int_equal(outlet_write(&outlet, (char[8192]){ 0 }, 8192), 8192);
	while (!outlet_is_idle(&outlet))
		(void)usleep(1000);
	assert_int_equal(outlet_failure(&outlet), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	close_now(&outlet);
	(void)fclose(file);
}

/* A pty's master cannot be opened again: a child writes to it. */
static void a_master_that_is_not_read(void **state)
{
	struct outlet outlet = OUTLET_NONE;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);

	assert_true(slave >= 0);
	assert_int_equal(outlet_open(master, &outlet), 0);
	assert_true(outlet.writer.pid > 0);
	fill(&outlet);
	close_now(&outlet);
	(void)close(slave);
	(void)close(master);
}

static void what_is_closed_is_said(void **state)
{
	struct outlet outlet = OUTLET_NONE;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(outlet_open(ends[1], &outlet), 0);
	(void)close(ends[0]);
	assert_int_equal(outlet_write(&outlet, "x", 1), -EPIPE);
	close_now(&outlet);
	(void)close(ends[1]);
}

static void no_other_code_reaps_the_writer(void **state)
{
	struct outlet outlet = OUTLET_NONE;
	uint64_t left;

	(void)state;
	assert_int_equal(outlet_open_file("outlet.log", NULL, &outlet), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_true(aside_is(outlet.writer.pid));
	assert_int_equal(outlet_write(&outlet, "all", 3), 3);
	assert_int_equal(outlet_close(&outlet, clock_us() + 10000000, &left),
			 0);
	assert_int_equal(left, 0);
	(void)unlink("outlet.log");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_pipe_that_others_share),
		cmocka_unit_test(a_full_socket_that_others_share),
		cmocka_unit_test(a_file_that_takes_no_more),
		cmocka_unit_test(a_master_that_is_not_read),
		cmocka_unit_test(what_is_closed_is_said),
		cmocka_unit_test(no_other_code_reaps_the_writer),
	};

	return RUN(tests);
}
