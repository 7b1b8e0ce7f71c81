// SPDX-License-Identifier: MIT
#include "core/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/text.h"

static const size_t head = offsetof(struct wire, text);

static bool has_text(uint32_t type)
{
	return type == WIRE_FAILED || type == WIRE_NAME ||
	       type == WIRE_WAITING || type == WIRE_MATCH ||
	       type == WIRE_UNREADY || type == WIRE_UNHEALTHY;
}

/* Those that say why something went wrong say what. */
static bool has_error(uint32_t type)
{
	return type == WIRE_FAILED || type == WIRE_UNREADY ||
	       type == WIRE_UNHEALTHY;
}

size_t wire_size(const struct wire *wire)
{
	if (wire->type == WIRE_ENDED)
		return head + report_size(&wire->report);
	if (has_text(wire->type))
		return head + sizeof(wire->text);
	return head;
}

int wire_check(const struct wire *wire, size_t size)
{
	if (size < head || wire->version != WIRE_VERSION ||
	    wire->type < WIRE_STARTED || wire->type > WIRE_LAST)
		return -EBADMSG;
	if (wire->type == WIRE_ENDED)
		return report_check(&wire->report, size - head);
	if (has_text(wire->type))
		return size == head + sizeof(wire->text) &&
				       (!has_error(wire->type) ||
					wire->value < 0) &&
				       memchr(wire->text, 0, sizeof(wire->text))
			       ? 0
			       : -EBADMSG;
	return size == head ? 0 : -EBADMSG;
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int wire_send(int socket, struct wire *wire, int pidfd)
{
	struct iovec part = { wire, wire_size(wire) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };

	wire->version = WIRE_VERSION;
	if (pidfd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &pidfd, sizeof(int));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return 0;
}

int wire_tell(int socket, enum wire_type type, int value, int target, int pidfd)
{
	/* The rest is 20 KiB that nobody reads: they stay untouched. */
	struct wire wire;

	wire.type = type;
	wire.value = value;
	wire.target = target;
	return wire_send(socket, &wire, pidfd);
}

int wire_say(int socket, enum wire_type type, int value, int target,
	     const char *text)
{
	struct wire wire;

	wire.type = type;
	wire.value = value;
	wire.target = target;
	text_copy(wire.text, sizeof(wire.text), text);
	return wire_send(socket, &wire, -1);
}

int wire_receive(int socket, struct wire *ret, int *ret_pidfd)
{
	struct iovec part = { ret, sizeof(*ret) };
	union control control = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* Room for one: the kernel closes what is too many. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	CLEANUP_CLOSE int pidfd = -1;
	int flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
	ssize_t n = recvmsg(socket, &message, flags);

	/* The peer closed before it had read all that we sent. That is told
	 * once, ahead of what it sent and we have yet to read. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(socket, &message, flags);
	*ret_pidfd = -1;
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;

	struct cmsghdr *first = CMSG_FIRSTHDR(&message);

	if (first && first->cmsg_level == SOL_SOCKET &&
	    first->cmsg_type == SCM_RIGHTS &&
	    first->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&pidfd, CMSG_DATA(first), sizeof(int));
	if (n == 0)
		return 0;
	if (message.msg_flags & MSG_TRUNC)
		return -EBADMSG;

	int r = wire_check(ret, (size_t)n);

	if (r < 0)
		return r;
	*ret_pidfd = take_fd(&pidfd);
	return 1;
}
