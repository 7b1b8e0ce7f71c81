// SPDX-License-Identifier: MIT
#include "core/output/asking.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"

struct question {
	enum asking_what what;
	char path[PATH_MAX];
};

/* Room for one descriptor, aligned as cmsg(3) wants it. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* ---------------------------------------------------------------- the child */

static int connect_path(const char *path, struct answer *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);

	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno;
	answer->fd = take_fd(&fd);
	return 0;
}

static void asking_look_up(const struct question *question,
			   struct answer *answer)
{
	*answer = (struct answer){ .fd = -1 };
	if (question->what == ASKING_CONNECT)
		answer->error = connect_path(question->path, answer);
	else if (stat(question->path, &answer->status) < 0)
		answer->error = errno;
}

static int send_answer(int to, struct answer *answer)
{
	struct iovec bytes = { answer, sizeof(*answer) };
	union control control = { .header = { .cmsg_len = 0 } };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (answer->fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), &answer->fd, sizeof(int));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void answer_all(int fd, void *context)
{
	static struct question question;
	struct answer answer;
	int r = 0;

	(void)context;
	while (r == 0 &&
	       recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		asking_look_up(&question, &answer);
		r = send_answer(fd, &answer);
		cleanup_close(&answer.fd);
	}
}

/* ----------------------------------------------------------------- our side */

static int open_child(struct asking *asking)
{
	const struct aside_work work = { .run = answer_all, .fd = -1 };

	return asking->aside.pid > 0 ? 0 : aside_open(&asking->aside, &work);
}

static int asking_put(struct asking *asking, enum asking_what what,
		      const char *path)
{
	static struct question question;
	int r = open_child(asking);

	if (r < 0)
		return r;
	memset(&question, 0, sizeof(question));
	question.what = what;
	memcpy(question.path, path, strlen(path));
	if (send(asking->aside.fd, &question, sizeof(question),
		 MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		r = -errno; /* It has been killed. */
		asking_close(asking);
		return r;
	}
	asking->awaited = true;
	asking->asked_us = clock_us();
	return 0;
}

static int take_answer(struct asking *asking, struct answer *ret)
{
	struct answer answer = { .error = 0 };
	struct iovec bytes = { &answer, sizeof(answer) };
	union control control;
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(asking->aside.fd, &message,
			    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != (ssize_t)sizeof(answer)) {
		asking_close(asking);
		return -ECHILD;
	}
	answer.fd = -1;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&answer.fd, CMSG_DATA(header), sizeof(int));
	asking->awaited = false;
	*ret = answer;
	return 1;
}

int asking_ask(struct asking *asking, enum asking_what what, const char *path,
	       struct answer *ret)
{
	struct pollfd in = { .events = POLLIN };
	int r;

	if (asking->awaited)
		return take_answer(asking, ret);
	if (strlen(path) >= PATH_MAX) {
		*ret = (struct answer){ .error = ENAMETOOLONG, .fd = -1 };
		return 1;
	}
	r = asking_put(asking, what, path);
	if (r < 0)
		return r;
	in.fd = asking->aside.fd;
	(void)poll_fds(&in, 1, ASKING_WAIT_US / 1000); /* Later, if not now. */
	return take_answer(asking, ret);
}

bool asking_is_late(const struct asking *asking)
{
	return asking->awaited &&
	       clock_us() - asking->asked_us >= ASKING_WAIT_US;
}

int asking_descriptor(const struct asking *asking)
{
	return asking->awaited ? asking->aside.fd : -1;
}

void asking_close(struct asking *asking)
{
	if (asking->aside.pid > 0)
		(void)aside_close(&asking->aside); /* The guard names it. */
	*asking = (struct asking){ .awaited = false };
}
