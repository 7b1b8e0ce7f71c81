// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <jig.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "child.h"
#include "core/shared/board.h"
#include "core/shared/wake.h"
#include "lib/fixture.h"

struct line {
	int ours, theirs;
};

static int set_up(void **state)
{
	struct line *line = calloc(1, sizeof(*line));
	int pair[2];

	if (!line ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	*line = (struct line){ pair[0], pair[1] };
	*state = line;
	return 0;
}

static int tear_down(void **state)
{
	struct line *line = *state;

	cleanup_close(&line->ours);
	cleanup_close(&line->theirs);
	free(line);
	return 0;
}

static void a_wake_arrives(void **state)
{
	struct line *line = *state;
	int fd = 7;

	assert_int_equal(wake_receive(line->theirs, &fd), -EAGAIN);
	assert_int_equal(wake(line->ours), 0);
	assert_int_equal(wake_receive(line->theirs, &fd), WAKE_LOOK);
	assert_int_equal(fd, -1);
	assert_int_equal(wake_receive(line->theirs, &fd), -EAGAIN);
}

static void a_descriptor_comes_along(void **state)
{
	struct line *line = *state;
	int pair[2], fd = -1;
	char byte;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_int_equal(wake_with(line->ours, WAKE_MAIN, pair[1]), 0);
	(void)close(pair[1]);
	assert_int_equal(wake_receive(line->theirs, &fd), WAKE_MAIN);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	(void)close(fd);
	(void)close(pair[0]);
}

static void without_the_descriptor_it_wakes_all_the_same(void **state)
{
	struct line *line = *state;
	int fd = -1;

	/* EBADF stands for all that sendmsg(2) may say of it. */
	assert_int_equal(wake_with(line->ours, WAKE_MAIN, 1000000), 0);
	assert_int_equal(wake_receive(line->theirs, &fd), WAKE_LOOK);
	assert_int_equal(fd, -1);
}

static void what_is_no_wake_is_refused(void **state)
{
	static const char *const packets[] = { "x", "ww", "a packet of old" };
	struct line *line = *state;
	int fd = -1;

	for (size_t i = 0; i < COUNT(packets); i++) {
		size_t size = strlen(packets[i]);

		assert_int_equal(send(line->ours, packets[i], size, 0),
				 (ssize_t)size);
		assert_int_equal(wake_receive(line->theirs, &fd), -EBADMSG);
	}
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Send @count descriptors with a packet; the receiver must not keep them. */
static void send_descriptors(int socket, char kind, size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { &kind, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen =
					  CMSG_SPACE(count * sizeof(int)) };
	int fds[4] = { 0, 0, 0, 0 };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	assert_true(sendmsg(socket, &message, 0) > 0);
}

static void unexpected_descriptors_are_closed(void **state)
{
	struct line *line = *state;
	unsigned before = open_descriptors();
	int fd = -1;

	send_descriptors(line->ours, 'x', 1);
	assert_int_equal(wake_receive(line->theirs, &fd), -EBADMSG);
	assert_int_equal(open_descriptors(), before);
	for (size_t count = 2; count <= 4; count++) {
		send_descriptors(line->ours, WAKE_LOOK, count);
		(void)wake_receive(line->theirs, &fd);
		cleanup_close(&fd);
		assert_int_equal(open_descriptors(), before);
	}
}

static void a_closed_peer_is_told(void **state)
{
	struct line *line = *state;
	int fd = -1;

	assert_int_equal(wake(line->theirs), 0);
	assert_int_equal(wake(line->ours), 0); /* Which it never reads. */
	cleanup_close(&line->theirs);
	/* What it had sent is still read; no SIGPIPE comes. */
	assert_int_equal(wake_receive(line->ours, &fd), WAKE_LOOK);
	assert_int_equal(wake_receive(line->ours, &fd), 0);
	assert_int_equal(wake(line->ours), -EPIPE);
}

static void a_full_line_is_awake_already(void **state)
{
	struct line *line = *state;
	int fd = -1;
	unsigned packets = 0;

	for (int i = 0; i < 100000; i++)
		assert_int_equal(wake(line->ours), 0);
	while (wake_receive(line->theirs, &fd) == WAKE_LOOK)
		packets++;
	assert_in_range(packets, 1, 99999);
}

/* From now on the system call fails here for lack of memory. */
static bool lack_memory_for(unsigned number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int is_read_later(void)
{
	int pair[2], fd = -1;

	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 &&
	       lack_memory_for(SYS_recvmsg) &&
	       wake_receive(pair[0], &fd) == -EAGAIN;
}

static void a_lack_of_memory_is_not_the_end(void **state)
{
	(void)state;
	assert_true(child_says(is_read_later));
}

static int is_told(void)
{
	struct board *board = NULL;
	struct fault fault = { "" };
	int pair[2];

	return lack_memory_for(SYS_sendmsg) &&
	       board_open_line(&board, pair, &fault) == -ENOMEM;
}

static void a_lack_of_memory_is_not_another_version(void **state)
{
	(void)state;
	assert_true(child_says(is_told));
}

/* A fixture whose guard has stopped itself, as with Ctrl-Z. */
struct asleep {
	struct jig fixture;
	struct board *guards;
	int theirs;
};

/* In a thread, which alone lacks memory. */
static void *ask_without_memory(void *context)
{
	struct asleep *asleep = context;
	bool asked = lack_memory_for(SYS_sendmsg) &&
		     jig_stop(&asleep->fixture) == 0 &&
		     jig_signal(&asleep->fixture, SIGURG, JIG_TARGET_MAIN) == 0;

	return asked ? context : NULL;
}

static int set_up_asleep(void **state)
{
	struct asleep *asleep = calloc(1, sizeof(*asleep));
	struct fault fault = { "" };
	int pair[2];

	if (!asleep ||
	    board_open_line(&asleep->fixture.board, pair, &fault) < 0 ||
	    board_take_over(pair[1], &asleep->guards) < 0)
		return -1;
	asleep->fixture.socket = pair[0];
	asleep->theirs = pair[1];
	asleep->fixture.ready_us = asleep->fixture.guard.pidfd = -1;
	atomic_store(&asleep->guards->asleep, 1);
	*state = asleep;
	return 0;
}

static int tear_down_asleep(void **state)
{
	struct asleep *asleep = *state;

	(void)close(asleep->fixture.socket);
	(void)close(asleep->theirs);
	board_close(asleep->fixture.board);
	board_close(asleep->guards);
	free(asleep);
	return 0;
}

/* A signal that is asked for afterwards would not wake it. */
static void a_stop_without_memory_wakes_a_sleeping_guard_later(void **state)
{
	struct asleep *asleep = *state;
	pthread_t thread;
	void *asked = NULL;
	int fd = -1;

	assert_int_equal(pthread_create(&thread, NULL, ask_without_memory,
					asleep),
			 0);
	assert_int_equal(pthread_join(thread, &asked), 0);
	assert_non_null(asked);
	assert_int_equal(wake_receive(asleep->theirs, &fd), -EAGAIN);
	assert_int_equal(jig_wait(&asleep->fixture, 0, NULL), -ETIMEDOUT);
	assert_int_equal(wake_receive(asleep->theirs, &fd), WAKE_LOOK);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_wake_arrives),
		TEST(a_descriptor_comes_along),
		TEST(without_the_descriptor_it_wakes_all_the_same),
		TEST(what_is_no_wake_is_refused),
		TEST(unexpected_descriptors_are_closed),
		TEST(a_closed_peer_is_told),
		TEST(a_full_line_is_awake_already),
		cmocka_unit_test(a_lack_of_memory_is_not_the_end),
		cmocka_unit_test(a_lack_of_memory_is_not_another_version),
		cmocka_unit_test_setup_teardown(
			a_stop_without_memory_wakes_a_sleeping_guard_later,
			set_up_asleep, tear_down_asleep),
	};

	return RUN(tests);
}
