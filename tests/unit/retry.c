// SPDX-License-Identifier: MIT
/* Promise: a signal handler that runs all the time neither ends a wait nor
 * prolongs it without an end. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "child.h"

static volatile sig_atomic_t interrupts;

static void count_it(int signo)
{
	(void)signo;
	interrupts = interrupts + 1;
}

static void set_alarm(suseconds_t us)
{
	const struct itimerval often = { { 0, us }, { 0, us } };

	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static int begin(void **state)
{
	const struct sigaction action = { .sa_handler = count_it };

	(void)state;
	interrupts = 0;
	if (sigaction(SIGALRM, &action, NULL) < 0)
		return -1;
	set_alarm(200);
	return 0;
}

static int end(void **state)
{
	(void)state;
	set_alarm(0);
	return interrupts > 0 ? 0 : -1;
}

static void a_sleep_is_not_shorter(void **state)
{
	int64_t until = clock_us() + 50000;

	(void)state;
	clock_sleep_us(50000);
	assert_true(clock_us() >= until);
}

static void poll_waits_for_its_time(void **state)
{
	int64_t until = clock_us() + 50000;

	(void)state;
	assert_int_equal(poll_fds(NULL, 0, 50), 0);
	assert_true(clock_us() >= until);
}

static void poll_finds_what_comes_late(void **state)
{
	int pair[2];
	pid_t writer;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	writer = child_fork();
	if (writer == 0) {
		clock_sleep_us(20000);
		_exit(write(pair[1], "x", 1) != 1);
	}
	struct pollfd in = { .fd = pair[0], .events = POLLIN };

	assert_int_equal(poll_fds(&in, 1, -1), 1);
	assert_int_equal(in.revents, POLLIN);
	assert_int_equal(RETRY(waitpid(writer, NULL, 0)), writer);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void a_child_is_waited_for(void **state)
{
	int status = -1;
	pid_t child = child_fork();

	(void)state;
	if (child == 0) {
		clock_sleep_us(20000);
		_exit(7);
	}
	assert_int_equal(RETRY(waitpid(child, &status, 0)), child);
	assert_int_equal(WEXITSTATUS(status), 7);
}

/* A server that takes no connection, and whose queue is full. */
static int full_server(struct sockaddr_un *address, int fds[64], int *count)
{
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*address);
	int fd, r;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1,
		       "jig-test-retry-%d", getpid());
	assert_true(server >= 0);
	assert_int_equal(bind(server, (struct sockaddr *)address, size), 0);
	assert_int_equal(listen(server, 1), 0);
	for (*count = 0; *count < 64; ++*count) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		r = connect(fd, (struct sockaddr *)address, size);
		fds[*count] = fd;
		if (r < 0)
			break;
	}
	assert_int_equal(errno, EAGAIN);
	++*count;
	return server;
}

static void a_full_queue_has_a_limit(void **state)
{
	struct sockaddr_un address;
	int fds[64], count, fd;
	int server = full_server(&address, fds, &count);

	(void)state;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(retry_connect(fd, &address, 50000), -ETIMEDOUT);
	while (count > 0)
		(void)close(fds[--count]);
	(void)close(server);
	assert_int_equal(retry_connect(fd, &address, 50000), -ECONNREFUSED);
	(void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_sleep_is_not_shorter),	  TEST(poll_waits_for_its_time),
		TEST(poll_finds_what_comes_late), TEST(a_child_is_waited_for),
		TEST(a_full_queue_has_a_limit),
	};

	return RUN(tests);
}
