// SPDX-License-Identifier: MIT
#include "net/socket_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/retry.h"

/* TCP_LISTEN of include/net/tcp_states.h, whose user header not every C
 * library has. */
#define STATE_LISTEN 10

/* The kernel answers in parts of at most this size. */
#define ANSWER_MAX 32768

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static int socket_diag_ask(int fd, int family)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = (uint8_t)family,
			  .sdiag_protocol = IPPROTO_TCP,
			  .idiag_states = 1U << STATE_LISTEN },
	};

	return RETRY(sendto(fd, &request, sizeof(request), 0,
			    (const struct sockaddr *)&kernel, sizeof(kernel))) <
			       0
		       ? -errno
		       : 0;
}

/* The kernel sends it for each IPv6 listener, requested or not, since 4.3. */
static enum listener_reach reach_of(const struct nlmsghdr *message)
{
	const char *at = (const char *)NLMSG_DATA(message) +
			 NLMSG_ALIGN(sizeof(struct inet_diag_msg));
	size_t left =
		message->nlmsg_len - NLMSG_SPACE(sizeof(struct inet_diag_msg));
	struct nlattr attribute;

	if (message->nlmsg_len < NLMSG_SPACE(sizeof(struct inet_diag_msg)))
		return LISTENER_UNTOLD;
	while (left > sizeof(attribute)) {
		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < sizeof(attribute) ||
		    attribute.nla_len > left)
			break;
		if (attribute.nla_type == INET_DIAG_SKV6ONLY &&
		    attribute.nla_len > NLA_HDRLEN)
			return at[NLA_HDRLEN] ? LISTENER_V6ONLY : LISTENER_BOTH;

		size_t step = NLA_ALIGN((size_t)attribute.nla_len);

		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return LISTENER_UNTOLD;
}

static int socket_diag_take(const struct nlmsghdr *message, uint16_t port,
			    struct list *ret)
{
	struct inet_diag_msg found;
	struct listener listener = { 0 };

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(found)))
		return -EBADMSG;
	memcpy(&found, NLMSG_DATA(message), sizeof(found));
	if (ntohs(found.id.idiag_sport) != port)
		return 0;
	listener.inode = found.idiag_inode;
	listener.uid = found.idiag_uid;
	listener.port = port;
	listener.v6 = found.idiag_family == AF_INET6;
	if (listener.v6)
		listener.reach = reach_of(message);
	memcpy(listener.address, found.id.idiag_src, listener.v6 ? 16 : 4);
	return list_append(ret, &listener, sizeof(listener));
}

static int error_of(const struct nlmsghdr *message)
{
	struct nlmsgerr error;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return -EBADMSG;
	memcpy(&error, NLMSG_DATA(message), sizeof(error));
	return error.error < 0 ? error.error : -EBADMSG;
}

/* @return 1 that was all; 0 there is more; -errno. */
static int take_part(const char *part, size_t size, uint16_t port,
		     struct list *ret)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)part;
	int r = 0;

	for (; r == 0 && NLMSG_OK(message, size);
	     message = NLMSG_NEXT(message, size)) {
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		r = message->nlmsg_type == NLMSG_ERROR
			    ? error_of(message)
			    : socket_diag_take(message, port, ret);
	}
	return r;
}

static int read_answer(int fd, uint16_t port, struct list *ret)
{
	_Alignas(struct nlmsghdr) char part[ANSWER_MAX];
	int r = 0;

	while (r == 0) {
		/* A dump is made while it is read: it is there at once. */
		ssize_t n = RETRY(recv(fd, part, sizeof(part), MSG_DONTWAIT));

		r = n <= 0 ? (n < 0 ? -errno : -EBADMSG)
			   : take_part(part, (size_t)n, port, ret);
	}
	return r < 0 ? r : 0;
}

static int ask_for_one(int fd, int family, uint16_t port)
{
	struct request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = (uint8_t)family,
			  .sdiag_protocol = IPPROTO_TCP,
			  .idiag_states = 1U << STATE_LISTEN,
			  .id = { .idiag_sport = htons(port),
				  .idiag_cookie = { INET_DIAG_NOCOOKIE,
						    INET_DIAG_NOCOOKIE } } },
	};

	/* 127.0.0.1 or ::1. */
	if (family == AF_INET)
		request.body.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
	else
		request.body.id.idiag_src[3] = htonl(1);
	return RETRY(send(fd, &request, sizeof(request), 0)) < 0 ? -errno : 0;
}

/* @return 1 it is not there; 0 it is; -errno. */
static int read_absence(int fd)
{
	_Alignas(struct nlmsghdr) char part[1024];
	const struct nlmsghdr *message = (const struct nlmsghdr *)part;
	ssize_t n = RETRY(recv(fd, part, sizeof(part), MSG_DONTWAIT));
	int r;

	if (n < 0)
		return -errno;
	if (!NLMSG_OK(message, (size_t)n))
		return -EBADMSG;
	if (message->nlmsg_type != NLMSG_ERROR)
		return 0;
	r = error_of(message);
	return r == -ENOENT ? 1 : r;
}

int socket_diag_is_absent(uint16_t port)
{
	static const int families[] = { AF_INET, AF_INET6 };
	CLEANUP_CLOSE int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
				      NETLINK_SOCK_DIAG);
	int r = fd < 0 ? -errno : 1;

	for (size_t i = 0; r == 1 && i < 2; i++) {
		r = ask_for_one(fd, families[i], port);
		if (r == 0)
			r = read_absence(fd);
	}
	return r;
}

static int open_diag(void)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

/* A socket stays in the network namespace that it was made in. */
static int open_diag_in(int namespace, int own)
{
	if (setns(namespace, CLONE_NEWNET) < 0)
		return -errno;

	int fd = open_diag();

	/* A process that may enter that one may return. */
	return setns(own, CLONE_NEWNET) < 0 ? -errno : fd;
}

int socket_diag_find_tcp(int namespace, int own, uint16_t port,
			 struct list *ret)
{
	CLEANUP(list_free) struct list found = { 0 };
	CLEANUP_CLOSE int fd =
		namespace < 0 ? open_diag() : open_diag_in(namespace, own);
	const struct listener *items;
	int r;

	if (fd < 0)
		return fd;
	r = socket_diag_ask(fd, AF_INET);
	if (r == 0)
		r = read_answer(fd, port, &found);
	if (r == 0)
		r = socket_diag_ask(fd, AF_INET6);
	if (r == 0)
		r = read_answer(fd, port, &found);
	items = found.items;
	for (size_t i = 0; r == 0 && i < found.count; i++)
		r = list_append(ret, &items[i], sizeof(items[i]));
	return r;
}
