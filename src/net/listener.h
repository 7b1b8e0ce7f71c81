/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets (state LISTEN), and the processes that hold them.
 *
 * From sock_diag(7) in our network namespace, or in main's where we may enter
 * it; else from /proc/PID/net/{tcp,tcp6,unix} (proc_net(5)), which show the
 * network namespace of that process, but not whether an IPv6 socket takes IPv4;
 * and from the links in /proc/PID/fd. The parsers are pure.
 */
#ifndef JIG_NET_LISTENER_H
#define JIG_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"

/** Whether an IPv6 socket takes IPv4 too, see IPV6_V6ONLY in ipv6(7). */
enum listener_reach {
	LISTENER_UNTOLD, /* the tables in /proc do not show it */
	LISTENER_BOTH,
	LISTENER_V6ONLY,
};

struct listener {
	uint64_t inode;
	uid_t uid; /* of its creator; unknown for unix sockets: -1 */
	uint16_t port; /* TCP */
	bool v6;
	enum listener_reach reach; /* of an IPv6 one */
	uint8_t address[16]; /* network order; the first 4 bytes when !v6 */
	char path[108]; /* unix; abstract ones begin with '@' */
};

/** Append each listening socket of @port. Pure. @return 0 or -ENOMEM. */
int listener_parse_tcp(const char *text, bool v6, uint16_t port,
		       struct list *ret);

/** Append each listening stream socket at @path. Pure. @return 0 or -ENOMEM. */
int listener_parse_unix(const char *text, const char *path, struct list *ret);

/** Of the network namespace of @pid. @return 0 or -errno. */
int listener_find_tcp(int procfd, pid_t pid, uint16_t port, struct list *ret);

/**
 * Whether it is certain, and cheap to know, that no process listens on @port of
 * the loopback there. A socket that is bound to a device may be overlooked.
 */
bool listener_is_absent(int procfd, pid_t pid, uint16_t port);

/** @return 1 its network namespace is ours, 0 another one, or -errno. */
int listener_compare_networks(int procfd, pid_t pid);

/** Whether it is ours for certain. */
bool listener_shares_network(int procfd, pid_t pid);

/** As listener_find_tcp(). */
int listener_find_unix(int procfd, pid_t pid, const char *path,
		       struct list *ret);

/**
 * Whether a process holds a socket.
 * @return  1, 0, or -errno (-EACCES: we may not see its descriptors).
 */
int listener_is_held(int procfd, pid_t pid, uint64_t inode);

/**
 * Any process that holds it, of all that we may see.
 * @return  0, or -ESRCH.
 */
int listener_find_holder(int procfd, uint64_t inode, pid_t *ret_pid,
			 char ret_comm[16]);

#endif
