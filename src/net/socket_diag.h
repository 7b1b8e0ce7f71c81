/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets by sock_diag(7): the kernel walks its table of listeners
 * alone. /proc/net/tcp makes it walk the table of all connections, which has
 * half a million slots on a large machine: 10 ms, even if there are few.
 *
 * It answers for our own network namespace only, and not every kernel has it:
 * the caller falls back on net/listener.h.
 */
#ifndef JIG_NET_SOCKET_DIAG_H
#define JIG_NET_SOCKET_DIAG_H

#include "net/listener.h"

/**
 * Append the TCP sockets that listen on @port, of both families.
 * @namespace  the network namespace to look in; -1: our own.
 * @own        our own network namespace, to come back to.
 * @return  0 or -errno; then @ret is as it was.
 */
int socket_diag_find_tcp(int namespace, int own, uint16_t port,
			 struct list *ret);

/**
 * Whether no listener on @port can be reached by 127.0.0.1 or ::1: two
 * look-ups by hash and no walk. A socket that is bound to a device is not seen.
 * @return  1, 0, or -errno.
 */
int socket_diag_is_absent(uint16_t port);

#endif
