/* SPDX-License-Identifier: MIT */
/*
 * Sockets and ports that are ours before the command starts.
 *
 * A socket of `--listen` is bound here and inherited by the command, so no
 * other process can take its port between. For servers that only bind
 * themselves, a port of `--port` is reserved: among all jigs of a network
 * namespace by an abstract unix socket `@jig-port-N`, which the kernel frees
 * when its last holder ends, for whatever reason. Other programs do not know of
 * it: the port lies outside of the range from which the kernel gives ports by
 * itself.
 */
#ifndef JIG_NET_SOCKETS_H
#define JIG_NET_SOCKETS_H

#include "base/fault.h"
#include "net/names.h"

/** Whether socket_listen() accepts the text. @return 0 or -EINVAL. */
int socket_check(const char *spec, struct fault *fault);

/**
 * Bind and listen.
 *
 * @spec  "NAME=ADDRESS": "web=127.0.0.1:0", "web=[::1]:80", "web=:80" (the
 *        loopback), "web=*:80" (all), "web=unix:PATH", "web=/PATH".
 * @ret   its `fd` is left to the caller.
 * @ret_fd  the caller closes it.
 * @return  0, -EINVAL, or what socket, bind and listen say.
 */
int socket_listen(const char *spec, struct name *ret, int *ret_fd,
		  struct fault *fault);

/**
 * Find a free port and reserve it.
 *
 * @spec  "NAME", or "NAME=PORT" for that one.
 * @ret_fd  holds the reservation until its last duplicate is closed.
 * @return  0, -EINVAL (no name), -EADDRINUSE (it is taken, all are), or -errno.
 */
int socket_reserve_port(const char *spec, struct name *ret, int *ret_fd,
			struct fault *fault);

/** Whether socket_reserve_port() accepts the text. @return 0 or -EINVAL. */
int socket_check_port(const char *spec, struct fault *fault);

/** Remove the file of a unix socket that socket_listen() made, if the path
 * still names that file. */
void socket_remove(const struct name *name);

#endif
