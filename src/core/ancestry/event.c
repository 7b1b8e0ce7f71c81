// SPDX-License-Identifier: MIT
#include "core/ancestry/event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"

/* A second of a machine that starts 5,000 processes. The kernel counts about
 * 800 bytes for an event. */
#define RECEIVE_BYTES (12 << 20)

#define BODY_AT (NLMSG_HDRLEN + sizeof(struct cn_msg))
#define FIELD(name) (BODY_AT + offsetof(struct proc_event, name))

/* The kernel's headers of different ages name this value differently. */
#define WHAT_ACK 0x00000000U
#define WHAT_FORK 0x00000001U
#define WHAT_EXEC 0x00000002U
#define WHAT_EXIT 0x80000000U

#define LOAD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)FIELD(name))
#define IS(value, yes, no)                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(value), yes, no)
#define IS_SAME(yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, yes, no)

/* An event of a thread has a pid that is not its process's. Each jump is
 * relative to the next line; the numbers are those of lines. */
static int filter_threads(int fd)
{
	struct sock_filter code[] = {
		/* 0 */ LOAD(what),
		/* 1 */ IS(WHAT_ACK, 12, 0), /* to 14 */
		/* 2 */ IS(WHAT_EXEC, 11, 0), /* to 14 */
		/* 3 */ IS(WHAT_FORK, 5, 0), /* to 9 */
		/* 4 */ IS(WHAT_EXIT, 0, 8), /* else to 13 */
		/* 5 */ LOAD(event_data.exit.process_pid),
		/* 6 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 7 */ LOAD(event_data.exit.process_tgid),
		/* 8 */ IS_SAME(5, 4), /* to 14, else to 13 */
		/* 9 */ LOAD(event_data.fork.child_pid),
		/* 10 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 11 */ LOAD(event_data.fork.child_tgid),
		/* 12 */ IS_SAME(1, 0), /* to 14, else to 13 */
		/* 13 */ BPF_STMT(BPF_RET | BPF_K, 0),
		/* 14 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) < 0
		       ? -errno
		       : 0;
}

static int event_ask(int fd, uint32_t what)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct cn_msg head = {
		.id = { CN_IDX_PROC, CN_VAL_PROC },
		.len = sizeof(what),
	};
	const struct nlmsghdr header = {
		.nlmsg_len = BODY_AT + sizeof(what),
		.nlmsg_type = NLMSG_DONE,
	};
	char message[BODY_AT + sizeof(what)];

	memcpy(message, &header, sizeof(header));
	memcpy(message + NLMSG_HDRLEN, &head, sizeof(head));
	memcpy(message + BODY_AT, &what, sizeof(what));
	return RETRY(sendto(fd, message, sizeof(message), 0,
			    (const struct sockaddr *)&kernel, sizeof(kernel))) <
			       0
		       ? -errno
		       : 0;
}

/* The kernel answers before sendto(2) returns. In another namespace it does not
 * answer at all. */
static int read_ack(int fd)
{
	struct birth_event event;
	int r;

	do
		r = event_read(fd, &event);
	while (r == 0 && event.kind != BIRTH_ACK);
	if (r == -EAGAIN)
		return -EPERM;
	return r < 0 ? r : event.error;
}

static int join_group(int fd)
{
	const struct sockaddr_nl group = {
		.nl_family = AF_NETLINK,
		.nl_groups = CN_IDX_PROC,
	};
	const int size = RECEIVE_BYTES;

	/* Else what the system allows to everyone. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	return bind(fd, (const struct sockaddr *)&group, sizeof(group)) < 0
		       ? -errno
		       : 0;
}

int event_open(int *ret)
{
	CLEANUP_CLOSE int fd =
		socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_CONNECTOR);
	int r = fd < 0 ? -errno : filter_threads(fd);

	if (r == 0)
		r = join_group(fd);
	if (r == 0)
		r = event_ask(fd, PROC_CN_MCAST_LISTEN);
	/* No kernel listens in another network namespace. */
	if (r == -ECONNREFUSED)
		r = -EPERM;
	if (r == 0)
		r = read_ack(fd);
	if (r < 0)
		return r;
	*ret = take_fd(&fd);
	return 0;
}

void event_close(int *fd)
{
	if (*fd >= 0)
		(void)event_ask(*fd, PROC_CN_MCAST_IGNORE); /* Or it is full. */
	cleanup_close(fd);
}

static uint32_t event_word(const void *data, size_t at)
{
	uint32_t word;

	memcpy(&word, (const char *)data + at, sizeof(word));
	return word;
}

static enum birth_kind event_kind(uint32_t what)
{
	switch (what) {
	case WHAT_ACK:
		return BIRTH_ACK;
	case WHAT_FORK:
		return BIRTH_FORK;
	case WHAT_EXEC:
		return BIRTH_EXEC;
	case WHAT_EXIT:
		return BIRTH_EXIT;
	default:
		return BIRTH_NONE;
	}
}

static void parse_pids(const void *data, struct birth_event *event)
{
	switch (event->kind) {
	case BIRTH_FORK:
		event->parent =
			(pid_t)event_word(data,
					  FIELD(event_data.fork.parent_tgid));
		event->pid =
			(pid_t)event_word(data,
					  FIELD(event_data.fork.child_tgid));
		return;
	case BIRTH_EXEC:
		event->pid =
			(pid_t)event_word(data,
					  FIELD(event_data.exec.process_tgid));
		return;
	case BIRTH_EXIT:
		event->pid =
			(pid_t)event_word(data,
					  FIELD(event_data.exit.process_tgid));
		return;
	case BIRTH_ACK:
		event->error =
			-(int)event_word(data, FIELD(event_data.ack.err));
		return;
	case BIRTH_NONE:
		return;
	}
}

int event_parse(const void *data, size_t size, struct birth_event *ret)
{
	struct birth_event event = { 0 };
	uint64_t at_ns;

	if (size < FIELD(event_data) + sizeof(struct proc_event) -
			    offsetof(struct proc_event, event_data) ||
	    event_word(data, NLMSG_HDRLEN) != CN_IDX_PROC)
		return -EBADMSG;
	memcpy(&at_ns, (const char *)data + FIELD(timestamp_ns), sizeof(at_ns));
	event.at_us = (int64_t)(at_ns / 1000);
	event.kind = event_kind(event_word(data, FIELD(what)));
	parse_pids(data, &event);
	if (event.pid < 0 || event.parent < 0 || event.error > 0)
		return -EBADMSG;
	*ret = event;
	return 0;
}

int event_read(int fd, struct birth_event *ret)
{
	char data[512];
	struct sockaddr_nl from = { 0 };
	socklen_t length = sizeof(from);
	ssize_t n = RETRY(recvfrom(fd, data, sizeof(data), 0,
				   (struct sockaddr *)&from, &length));

	if (n < 0)
		return -errno;
	/* Any process may send to our socket; only the kernel is believed. */
	if (from.nl_pid != 0 || event_parse(data, (size_t)n, ret) < 0)
		*ret = (struct birth_event){ .kind = BIRTH_NONE };
	return 0;
}
