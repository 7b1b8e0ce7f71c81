// SPDX-License-Identifier: MIT
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define HOST_SIZE 64

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };
static const uint8_t any[16];
static const uint8_t loopback4[4] = { 127, 0, 0, 1 };
static const uint8_t loopback6[16] = { [15] = 1 };

/* Split at the colon before the port; "::1" alone has none. */
static int endpoint_split(const char *text, char host[HOST_SIZE],
			  const char **ret_port)
{
	const char *colon = strrchr(text, ':'), *end;

	*ret_port = NULL;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] != ':' && end[1] != '\0'))
			return -EINVAL;
		*ret_port = end[1] ? end + 2 : NULL;
		text++;
	} else if (colon && strchr(text, ':') == colon) {
		end = colon;
		*ret_port = colon + 1;
	} else {
		end = text + strlen(text);
	}
	if (end - text >= HOST_SIZE)
		return -EINVAL;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	return 0;
}

static int endpoint_parse_host(const char *host, struct endpoint *ret)
{
	if (host[0] == '\0' || strcasecmp(host, "localhost") == 0)
		ret->kind = ENDPOINT_LOCALHOST;
	else if (inet_pton(AF_INET, host, ret->address) == 1)
		ret->kind = ENDPOINT_V4;
	else if (inet_pton(AF_INET6, host, ret->address) == 1)
		ret->kind = ENDPOINT_V6;
	else
		return -EINVAL;
	if (ret->kind != ENDPOINT_V6 ||
	    memcmp(ret->address, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return 0;
	ret->kind = ENDPOINT_V4;
	memmove(ret->address, ret->address + sizeof(mapped_prefix), 4);
	return 0;
}

int endpoint_parse(const char *text, uint16_t default_port,
		   struct endpoint *ret, struct fault *fault)
{
	struct endpoint found = { .kind = ENDPOINT_LOCALHOST };
	char host[HOST_SIZE];
	const char *port;
	uint64_t number = default_port;

	if (endpoint_split(text, host, &port) < 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not of the form HOST:PORT", text);
	/* "8080" is a port, not a host. */
	if (!port && host[0] != '\0' &&
	    host[strspn(host, "0123456789")] == '\0') {
		port = text;
		host[0] = '\0';
	}
	if (endpoint_parse_host(host, &found) < 0)
		return fault_set(fault, -EINVAL,
				 *host == '{'
					 ? "nothing has the name %s: add "
					   "--port or --listen"
					 : "'%s' is neither an IP address nor "
					   "localhost",
				 host);
	if (!port && default_port == 0)
		return fault_set(fault, -EINVAL, "'%s' names no port", text);
	if (port && (text_number(port, UINT16_MAX, &number) < 0 || number == 0))
		return fault_set(fault, -EINVAL,
				 "'%s' is not a port: 1 to 65535", port);
	found.port = (uint16_t)number;
	*ret = found;
	return 0;
}

int endpoint_parse_unix(const char *path, struct endpoint *ret,
			struct fault *fault)
{
	struct endpoint found = { .kind = ENDPOINT_UNIX };

	if (path[0] == '\0' || strcmp(path, "@") == 0)
		return fault_set(fault, -EINVAL, "it names no path");
	if (strlen(path) >= sizeof(found.path))
		return fault_set(fault, -EINVAL,
				 "the path is longer than the %zu bytes that a "
				 "unix socket's may have",
				 sizeof(found.path) - 1);
	if (strchr(path, '\n'))
		return fault_set(fault, -EINVAL, "the path holds a newline");
	text_copy(found.path, sizeof(found.path), path);
	*ret = found;
	return 0;
}

int endpoint_take_owner(const char *text, char **ret, struct fault *fault)
{
	static const char word[] = " owner=";
	const char *found = strstr(text, word);
	size_t length = found ? (size_t)(found - text) : strlen(text);
	char *rest;

	if (found && strcmp(found + strlen(word), "any") != 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is not owner=any, at the end",
				 found + 1);
	/* Blanks before owner=any separate it; they are not part of a path. */
	while (found && length > 0 && text[length - 1] == ' ')
		length--;
	rest = strndup(text, length);
	if (!rest)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	*ret = rest;
	return found != NULL;
}

static bool is_any(const uint8_t *address, bool v6)
{
	return memcmp(address, any, v6 ? 16 : 4) == 0;
}

static int reaches_v4(const struct listener *listener)
{
	switch (listener->reach) {
	case LISTENER_BOTH:
		return 1;
	case LISTENER_V6ONLY:
		return 0;
	default:
		return -1;
	}
}

int endpoint_matches(const struct endpoint *endpoint,
		     const struct listener *listener)
{
	const uint8_t *address = listener->address;
	bool v6 = listener->v6;

	if (endpoint->kind == ENDPOINT_UNIX)
		return true; /* Its table was asked for the path. */
	if (listener->port != endpoint->port)
		return false;
	/* An IPv6 socket on :: takes IPv4 too, unless it is IPV6_V6ONLY. */
	if (is_any(address, v6) && v6 && endpoint->kind == ENDPOINT_V4)
		return reaches_v4(listener);
	if (is_any(address, v6))
		return v6 || endpoint->kind != ENDPOINT_V6;
	if (v6 && !memcmp(address, mapped_prefix, sizeof(mapped_prefix))) {
		address += sizeof(mapped_prefix);
		v6 = false;
		if (is_any(address, v6))
			return endpoint->kind != ENDPOINT_V6;
	}
	switch (endpoint->kind) {
	case ENDPOINT_V4:
		return !v6 && memcmp(address, endpoint->address, 4) == 0;
	case ENDPOINT_V6:
		return v6 && memcmp(address, endpoint->address, 16) == 0;
	default:
		return v6 ? memcmp(address, loopback6, 16) == 0
			  : memcmp(address, loopback4, 4) == 0;
	}
}

static socklen_t address_v4(const uint8_t *address, uint16_t port,
			    struct sockaddr_storage *ret)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	memcpy(&in.sin_addr, is_any(address, false) ? loopback4 : address, 4);
	memcpy(ret, &in, sizeof(in));
	return sizeof(in);
}

static socklen_t address_v6(const uint8_t *address, uint16_t port,
			    struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) };

	memcpy(&in.sin6_addr, is_any(address, true) ? loopback6 : address, 16);
	memcpy(ret, &in, sizeof(in));
	return sizeof(in);
}

static socklen_t address_unix(const char *path, struct sockaddr_storage *ret)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t length = strlen(path);

	memcpy(un.sun_path, path, length);
	if (path[0] == '@')
		un.sun_path[0] = '\0';
	memcpy(ret, &un, sizeof(un));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
			   (path[0] != '@'));
}

socklen_t endpoint_address(const struct endpoint *endpoint,
			   const struct listener *listener,
			   struct sockaddr_storage *ret)
{
	const uint8_t *address = endpoint->address;
	uint16_t port = endpoint->port;

	*ret = (struct sockaddr_storage){ 0 };
	switch (endpoint->kind) {
	case ENDPOINT_UNIX:
		/* As the server wrote it, when it is the same file. */
		return address_unix(endpoint->path, ret);
	case ENDPOINT_V4:
		return address_v4(address, port, ret);
	case ENDPOINT_V6:
		return address_v6(address, port, ret);
	default:
		break;
	}
	if (!listener || !listener->v6 ||
	    memcmp(listener->address, mapped_prefix, 12) == 0)
		return address_v4(loopback4, port, ret);
	return address_v6(loopback6, port, ret);
}

/* bind(2) to it shows that, without network traffic. */
bool endpoint_is_remote(const struct endpoint *endpoint)
{
	struct sockaddr_storage address;
	struct endpoint free_port = *endpoint;
	socklen_t size;

	if (endpoint->kind != ENDPOINT_V4 && endpoint->kind != ENDPOINT_V6)
		return false;
	free_port.port = 0;
	size = endpoint_address(&free_port, NULL, &address);
	CLEANUP_CLOSE int fd =
		socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, size) < 0 &&
	       errno == EADDRNOTAVAIL;
}

const char *endpoint_print(const struct listener *listener, char *buffer,
			   size_t size)
{
	if (listener->path[0])
		return listener->path;
	if (!inet_ntop(listener->v6 ? AF_INET6 : AF_INET, listener->address,
		       buffer, (socklen_t)size))
		text_copy(buffer, size, "?");
	return buffer;
}

/* The kernel shows the path as the server gave it to bind(2), perhaps relative
 * to its directory. */
static int find_unix(const char *path, int procfd, pid_t pid, struct list *ret)
{
	char link[32], cwd[PATH_MAX], whole[2 * PATH_MAX];
	int r = listener_find_unix(procfd, pid, path, ret);

	if (r < 0 || ret->count > 0 || path[0] == '@')
		return r;
	if (path[0] != '/') {
		if (!getcwd(cwd, sizeof(cwd)))
			return 0;
		(void)snprintf(whole, sizeof(whole), "%s/%s", cwd,
			       strncmp(path, "./", 2) ? path : path + 2);
		r = listener_find_unix(procfd, pid, whole, ret);
		path = whole;
	}
	if (r < 0 || ret->count > 0)
		return r;
	(void)snprintf(link, sizeof(link), "%d/cwd", pid);

	ssize_t n = readlinkat(procfd, link, cwd, sizeof(cwd));

	if (n <= 1 || strncmp(path, cwd, (size_t)n) != 0 || path[n] != '/')
		return 0;
	return listener_find_unix(procfd, pid, path + n + 1, ret);
}

int endpoint_find(const struct endpoint *endpoint, int procfd, pid_t pid,
		  struct list *ret)
{
	return endpoint->kind == ENDPOINT_UNIX
		       ? find_unix(endpoint->path, procfd, pid, ret)
		       : listener_find_tcp(procfd, pid, endpoint->port, ret);
}
