// SPDX-License-Identifier: MIT
#include "net/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "base/text.h"
#include "net/socket_file.h"

/* Below what ip_local_port_range(7) gives out by default, 32768 to 60999. */
#define FIRST_PORT 10000
#define LAST_PORT 32000

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
};

static int sockets_parse_unix(const char *path, union address *ret,
			      socklen_t *size)
{
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(ret->un.sun_path))
		return -EINVAL;
	ret->un.sun_family = AF_UNIX;
	memcpy(ret->un.sun_path, path, length + 1);
	*size = sizeof(ret->un);
	return 0;
}

static int sockets_parse_host(const char *host, uint16_t port,
			      union address *ret, socklen_t *size)
{
	if (!*host || strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	else if (strcmp(host, "*") == 0)
		host = "0.0.0.0";
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		*size = sizeof(ret->v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(port);
		*size = sizeof(ret->v6);
		return 0;
	}
	return -EINVAL;
}

/* "[::1]:80", "127.0.0.1:80", ":80", "80", "unix:PATH", "/PATH". */
static int sockets_parse_address(const char *text, union address *ret,
				 socklen_t *size)
{
	const char *colon = strrchr(text, ':');
	const char *digits = colon ? colon + 1 : text;
	char host[64] = "";
	uint64_t port;

	memset(ret, 0, sizeof(*ret));
	if (*text == '/')
		return sockets_parse_unix(text, ret, size);
	if (strncmp(text, "unix:", 5) == 0)
		return sockets_parse_unix(text + 5, ret, size);
	int r = text_number(digits, 65535, &port);

	if (r < 0)
		return r;
	if (colon) {
		size_t length = (size_t)(colon - text);
		bool bracketed =
			length >= 2 && *text == '[' && colon[-1] == ']';

		if (bracketed) {
			text++;
			length -= 2;
		}
		if (length >= sizeof(host))
			return -EINVAL;
		memcpy(host, text, length);
		host[length] = '\0';
		if (!bracketed && strchr(host, ':'))
			return -EINVAL; /* "::1:80" could mean two things. */
	}
	return sockets_parse_host(host, (uint16_t)port, ret, size);
}

/* How clients reach what is bound there. */
static int sockets_describe(int fd, struct name *ret)
{
	union address at;
	socklen_t size = sizeof(at);
	char host[INET6_ADDRSTRLEN];

	memset(&at, 0, sizeof(at));
	if (getsockname(fd, &at.any, &size) < 0)
		return -errno;
	if (at.any.sa_family == AF_UNIX) {
		ret->port = 0;
		text_copy(ret->address, sizeof(ret->address), at.un.sun_path);
		return 0;
	}
	if (at.any.sa_family == AF_INET) {
		if (at.v4.sin_addr.s_addr == htonl(INADDR_ANY))
			at.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		(void)inet_ntop(AF_INET, &at.v4.sin_addr, host, sizeof(host));
		ret->port = ntohs(at.v4.sin_port);
		(void)snprintf(ret->address, sizeof(ret->address), "%s:%d",
			       host, ret->port);
		return 0;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&at.v6.sin6_addr))
		at.v6.sin6_addr = in6addr_loopback;
	(void)inet_ntop(AF_INET6, &at.v6.sin6_addr, host, sizeof(host));
	ret->port = ntohs(at.v6.sin6_port);
	(void)snprintf(ret->address, sizeof(ret->address), "[%s]:%d", host,
		       ret->port);
	return 0;
}

static int bind_and_listen(const union address *at, socklen_t size,
			   struct file_id *ret)
{
	static const int on = 1;
	CLEANUP_CLOSE int fd =
		socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && at->any.sa_family == AF_UNIX) {
		r = socket_file_bind(fd, &at->un, ret);
	} else if (r == 0) {
		/* After a stop the port is in TIME_WAIT for a minute. */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, &at->any, size) < 0 || listen(fd, SOMAXCONN) < 0)
			r = -errno;
	}
	return r < 0 ? r : take_fd(&fd);
}

/* "NAME=ADDRESS" */
static int parse_spec(const char *spec, struct name *name, union address *at,
		      socklen_t *size, struct fault *fault)
{
	size_t length = strcspn(spec, "=");
	bool is_named = spec[length] == '=' && name_check(spec, length) == 0;
	int r = is_named ? sockets_parse_address(spec + length + 1, at, size)
			 : -EINVAL;

	if (r == -ERANGE)
		return fault_set(fault, -EINVAL,
				 "--listen '%s': a port is a number from 0 "
				 "(any) to 65535",
				 spec);
	if (r < 0)
		return fault_set(fault, -EINVAL,
				 "--listen '%s' is not of the form NAME=HOST:"
				 "PORT or NAME=unix:PATH; a host is an IP "
				 "address",
				 spec);
	*name = (struct name){ .fd = -1 };
	memcpy(name->name, spec, length);
	return 0;
}

int socket_check(const char *spec, struct fault *fault)
{
	union address at;
	socklen_t size;
	struct name name;

	return parse_spec(spec, &name, &at, &size, fault);
}

/* The meaning of an error of bind(2) to an IP address, and what to do. */
static const char *why(int error)
{
	switch (-error) {
	case EACCES:
		return "a port below net.ipv4.ip_unprivileged_port_start needs "
		       "root or CAP_NET_BIND_SERVICE";
	case EADDRNOTAVAIL:
		return "no interface of this machine has that address";
	case EAFNOSUPPORT:
		return "this machine does not have that protocol (IPv6 may be "
		       "off)";
	case EADDRINUSE:
		return "the address is in use by another process";
	case EPERM:
		return "not permitted; a security module or a filter refuses "
		       "it";
	default:
		return strerror(-error);
	}
}

int socket_listen(const char *spec, struct name *ret, int *ret_fd,
		  struct fault *fault)
{
	union address at = { .v4 = { 0 } };
	socklen_t size = 0;
	struct name name = { .fd = -1 };
	int r = parse_spec(spec, &name, &at, &size, fault);

	if (r < 0)
		return r;
	const char *address = spec + strlen(name.name) + 1;
	CLEANUP_CLOSE int fd = bind_and_listen(&at, size, &name.file);
	if (fd < 0)
		return fault_set(fault, fd, "cannot listen at %s: %s", address,
				 at.any.sa_family == AF_UNIX ? strerror(-fd)
							     : why(fd));
	r = sockets_describe(fd, &name);
	if (r < 0)
		return fault_set(fault, r, "cannot listen at %s: %s", address,
				 strerror(-r));
	*ret = name;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The reservation among jigs. */
static int hold(int port)
{
	union address at = { .un = { .sun_family = AF_UNIX } };
	/* Behind the NUL that makes it an abstract one, see unix(7). */
	int length = snprintf(at.un.sun_path + 1, sizeof(at.un.sun_path) - 1,
			      "jig-port-%d", port);
	socklen_t size = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
			 (socklen_t)length;
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &at.any, size) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Whether it is free, on any address. A requested port may be in TIME_WAIT:
 * servers that restart on one set SO_REUSEADDR. */
static int bind_both(int port, bool again)
{
	union address v6 = { .v6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons((uint16_t)port) } };
	union address v4 = { .v4 = { .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port) } };
	static const int on = 1;
	const int reuse = again;
	CLEANUP_CLOSE int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP_CLOSE int four = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int four_error = -errno; /* Of the last call, if it failed. */

	for (int i = 0; i < 2; i++)
		(void)setsockopt(i ? six : four, SOL_SOCKET, SO_REUSEADDR,
				 &reuse, sizeof(reuse));
	if (six >= 0 && /* There are machines without IPv6. */
	    setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0 &&
	    bind(six, &v6.any, sizeof(v6.v6)) < 0 && errno == EADDRINUSE)
		return -EADDRINUSE;
	if (four < 0)
		return four_error;
	return bind(four, &v4.any, sizeof(v4.v4)) < 0 ? -errno : 0;
}

static int sockets_reserve(int port, bool again, struct name *ret, int *ret_fd)
{
	CLEANUP_CLOSE int fd = hold(port);

	if (fd < 0)
		return fd == -EADDRINUSE ? -EBUSY : fd;

	int r = bind_both(port, again);

	if (r < 0)
		return r;
	ret->port = port;
	(void)snprintf(ret->address, sizeof(ret->address), "127.0.0.1:%d",
		       port);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int reserve_any(struct name *ret, int *ret_fd)
{
	const unsigned count = LAST_PORT - FIRST_PORT + 1;
	/* Anywhere will do: without randomness the pid spreads them. */
	unsigned first = (unsigned)sys_random((uint64_t)getpid() * 7919);
	int r = -EADDRINUSE;

	for (unsigned i = 0; (r == -EADDRINUSE || r == -EBUSY) && i < count;
	     i++)
		r = sockets_reserve(FIRST_PORT +
					    (int)((first % count + i) % count),
				    false, ret, ret_fd);
	return r;
}

/* "NAME" or "NAME=PORT". @return 0 any port; else the one; -EINVAL. */
static int parse_port(const char *spec, struct name *ret, struct fault *fault)
{
	size_t length = strcspn(spec, "=");
	char *end = NULL;
	long port = spec[length] ? strtol(spec + length + 1, &end, 10) : 0;

	if (name_check(spec, length) < 0)
		return fault_set(fault, -EINVAL,
				 "--port '%s' is not of the form NAME or "
				 "NAME=PORT; a name is of letters, digits, "
				 "'_' and '-'",
				 spec);
	if (end && (*end || port < 1 || port > 65535))
		return fault_set(fault, -EINVAL,
				 "--port '%s': a port is a number from 1 to "
				 "65535",
				 spec);
	*ret = (struct name){ .fd = -1 };
	memcpy(ret->name, spec, length);
	return (int)port;
}

int socket_check_port(const char *spec, struct fault *fault)
{
	struct name name;
	int port = parse_port(spec, &name, fault);

	return port < 0 ? port : 0;
}

int socket_reserve_port(const char *spec, struct name *ret, int *ret_fd,
			struct fault *fault)
{
	struct name name;
	int port = parse_port(spec, &name, fault);

	if (port < 0)
		return port;

	int r = port > 0 ? sockets_reserve(port, true, &name, ret_fd)
			 : reserve_any(&name, ret_fd);

	if (r == -EBUSY && port > 0)
		return fault_set(
			fault, -EADDRINUSE,
			"cannot reserve port %s: it is in use: another "
			"reserved it",
			spec);
	if ((r == -EADDRINUSE || r == -EBUSY) && port == 0)
		return fault_set(fault, -EADDRINUSE,
				 "every port from %d to %d is taken",
				 FIRST_PORT, LAST_PORT);
	if (r < 0)
		return fault_set(fault, r, "cannot reserve port %s: %s", spec,
				 why(r));
	*ret = name;
	return 0;
}

void socket_remove(const struct name *name)
{
	if (name->port == 0)
		socket_file_remove(name->address, &name->file);
}
