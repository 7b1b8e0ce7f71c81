// SPDX-License-Identifier: MIT
#include "core/shared/wake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/retry.h"

union wake_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static int send_packet(int socket, enum wake_kind kind, int fd)
{
	char byte = (char)kind;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union wake_control control = { 0 };
	ssize_t n;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	n = RETRY(sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
	if (n >= 0)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

int wake(int socket)
{
	int r = send_packet(socket, WAKE_LOOK, -1);

	return r == -EAGAIN ? 0 : r; /* It has packets to read. */
}

int wake_pass(int socket, enum wake_kind kind, int fd)
{
	return send_packet(socket, kind, fd);
}

int wake_with(int socket, enum wake_kind kind, int fd)
{
	int r = send_packet(socket, kind, fd);

	return r < 0 && r != -EPIPE ? wake(socket) : r;
}

/* -1: no packet of ours has that kind. */
static int wake_kind_of(char byte)
{
	switch (byte) {
	case WAKE_LOOK:
	case WAKE_BOARD:
	case WAKE_MAIN:
	case WAKE_RING:
		return byte;
	default:
		return -EBADMSG;
	}
}

int wake_receive(int socket, int *ret_fd)
{
	char byte = 0;
	struct iovec part = { &byte, 1 };
	union wake_control control = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* Room for one: the kernel closes what is too many. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	CLEANUP_CLOSE int fd = -1;
	int flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
	ssize_t n = RETRY(recvmsg(socket, &message, flags));

	/* The peer closed before it had read all that we sent. The kernel
	 * reports this once, before the packets that we have not read yet. */
	if (n < 0 && errno == ECONNRESET)
		n = RETRY(recvmsg(socket, &message, flags));
	*ret_fd = -1;
	/* No memory: the packet is still there. */
	if (n < 0 && (errno == ENOMEM || errno == ENOBUFS)) {
		clock_sleep_us(1000); /* poll(2) reports it at once. */
		return -EAGAIN;
	}
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;

	struct cmsghdr *first = CMSG_FIRSTHDR(&message);

	if (first && first->cmsg_level == SOL_SOCKET &&
	    first->cmsg_type == SCM_RIGHTS &&
	    first->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(first), sizeof(int));
	if (n == 0)
		return 0;
	if (message.msg_flags & MSG_TRUNC)
		return -EBADMSG;

	int kind = wake_kind_of(byte);

	if (kind > 0)
		*ret_fd = take_fd(&fd);
	return kind;
}
