// SPDX-License-Identifier: MIT
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"

/* Bytes discarded at once: the size of a pipe. */
#define INPUT_BLOCK 65536

/* POLLHUP and POLLERR are always watched. A socket whose peer only writes no
 * more has this. */
const short input_hang_up = POLLRDHUP;

static bool is_connected_stream(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer), size = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       (type == SOCK_STREAM || type == SOCK_SEQPACKET) &&
	       getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

static bool has_other_end(int fd)
{
	struct sys_look look;

	if (fd_look(fd, &look) < 0)
		return false;
	return S_ISFIFO(look.mode) ||
	       (S_ISSOCK(look.mode) && is_connected_stream(fd)) ||
	       fd_is_terminal(fd);
}

static bool input_has_ended(int fd)
{
	struct pollfd one = { .fd = fd, .events = input_hang_up };

	return RETRY(poll(&one, 1, 0)) > 0;
}

static int input_copy(struct input *input)
{
	input->fd = fd_dup_above(STDIN_FILENO, 3);
	if (input->fd < 0)
		return input->fd;
	if (fd_is_terminal(input->fd))
		return 0;

	CLEANUP_CLOSE int null = RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));

	if (null < 0)
		return -errno;
	input->null = fd_dup_above(null, 3);
	return input->null < 0 ? input->null : 0;
}

int input_open(struct input *ret, struct fault *fault)
{
	struct input input = INPUT_NONE;
	int r;

	if (!has_other_end(STDIN_FILENO))
		return fault_set(fault, -ENOTSUP,
				 "--owner stdin: standard input is not a pipe, "
				 "a stream socket or a terminal, so jig could "
				 "not see its writer end");
	if (input_has_ended(STDIN_FILENO))
		return fault_set(fault, -EPIPE,
				 "--owner stdin: the writer of standard input "
				 "has ended");
	r = input_copy(&input);
	if (r < 0) {
		input_close(&input);
		return fault_set(fault, r, "--owner stdin: %s", strerror(-r));
	}
	*ret = input;
	return 0;
}

short input_events(const struct input *input)
{
	return (short)(input_hang_up | (input->null >= 0 ? POLLIN : 0));
}

/* Another process may read the same pipe, so that it is empty again after
 * poll(2): neither call waits then. splice(2) is for pipes. @return as read(2),
 * but -errno. */
static ssize_t input_discard(const struct input *input)
{
	char bytes[4096];
	ssize_t n = recv(input->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = splice(input->fd, NULL, input->null, NULL, INPUT_BLOCK,
			   SPLICE_F_NONBLOCK);
	return n < 0 ? -errno : n;
}

bool input_go_on(struct input *input, short revents)
{
	ssize_t n;

	if (revents & ~POLLIN)
		return false;
	if (!(revents & POLLIN))
		return true;
	n = input_discard(input);
	if (n < 0 && n != -EAGAIN && n != -EINTR)
		cleanup_close(&input->null);
	return n != 0;
}

void input_close(struct input *input)
{
	cleanup_close(&input->fd);
	cleanup_close(&input->null);
}
