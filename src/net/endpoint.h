/* SPDX-License-Identifier: MIT */
/*
 * The address of a server: an IP address and port, or a unix socket.
 *
 * Names are not resolved: nothing here may wait for a name server, and
 * "localhost" is both 127.0.0.1 and ::1.
 */
#ifndef JIG_NET_ENDPOINT_H
#define JIG_NET_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "net/listener.h"

enum endpoint_kind {
	ENDPOINT_LOCALHOST, /* either loopback address */
	ENDPOINT_V4,
	ENDPOINT_V6,
	ENDPOINT_UNIX,
};

struct endpoint {
	enum endpoint_kind kind;
	uint16_t port;
	uint8_t address[16]; /* network order; the first 4 bytes of V4 */
	char path[108]; /* abstract ones begin with '@' */
};

/**
 * Parse "PORT", "HOST:PORT", "[V6]:PORT"; HOST is an IP address or localhost.
 * @default_port  when it names none, as in "127.0.0.1"; 0: it must.
 * @return  0, or -EINVAL with the reason.
 */
int endpoint_parse(const char *text, uint16_t default_port,
		   struct endpoint *ret, struct fault *fault);

/** A path, or "@NAME". @return 0, or -EINVAL with the reason. */
int endpoint_parse_unix(const char *path, struct endpoint *ret,
			struct fault *fault);

/**
 * Take " owner=any" from the end of a probe's text: any process may listen.
 * @ret  what stands before it, or the whole text; free() it.
 * @return  1 it was there; 0; -ENOMEM; -EINVAL another owner, with the reason.
 */
int endpoint_take_owner(const char *text, char **ret, struct fault *fault);

/**
 * Whether a connection to the endpoint reaches this listener.
 * @return  1, 0, or -1: an IPv6 listener that may take IPv4, or not.
 */
int endpoint_matches(const struct endpoint *endpoint,
		     const struct listener *listener);

/**
 * List the listeners on its port (on any address) or path.
 * @procfd, @pid  the process whose /proc/PID shows the sockets.
 * @ret  a list of struct listener; list_free() it.
 * @return  0 or -errno.
 */
int endpoint_find(const struct endpoint *endpoint, int procfd, pid_t pid,
		  struct list *ret);

/** Whether it is an address of another machine, as far as we can tell. */
bool endpoint_is_remote(const struct endpoint *endpoint);

/**
 * Where to connect to.
 * @listener  one that matches, which chooses between ::1 and 127.0.0.1; NULL
 *            for an endpoint that is remote.
 * @return    the address's length.
 */
socklen_t endpoint_address(const struct endpoint *endpoint,
			   const struct listener *listener,
			   struct sockaddr_storage *ret);

/** "127.0.0.1" of a listener, or its path. */
const char *endpoint_print(const struct listener *listener, char *buffer,
			   size_t size);

#endif
