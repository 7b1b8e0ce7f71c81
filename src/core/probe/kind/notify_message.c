// SPDX-License-Identifier: MIT
#include "core/probe/kind/notify_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int notify_receive(int fd, struct notify_message *ret)
{
	/*
	 * There is room for the credentials, which come first, and for no
	 * descriptor: the kernel drops those by itself. To close(2) one here
	 * could take as long as its file system likes.
	 */
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec part = { ret->text, NOTIFY_MESSAGE_MAX };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	ret->text[n] = '\0';
	ret->sender = 0;
	ret->uid = (uid_t)-1;
	c = CMSG_FIRSTHDR(&header);
	if (c && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_CREDENTIALS &&
	    c->cmsg_len == CMSG_LEN(sizeof(struct ucred))) {
		struct ucred cred;

		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		ret->sender = cred.pid;
		ret->uid = cred.uid;
	}
	return 1;
}
