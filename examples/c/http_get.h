/* SPDX-License-Identifier: MIT */
/* What the examples test: the status that a server gives for a page. */
#ifndef HTTP_GET_H
#define HTTP_GET_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** GET @path of "127.0.0.1:PORT". @return the status, or -1. */
static inline int http_get(const char *address, const char *path)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const char *colon = strchr(address, ':');
	char text[1024] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = -1;

	at.sin_port = htons((in_port_t)atoi(colon ? colon + 1 : ""));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path);
		if (read(fd, text, sizeof(text) - 1) > 0 &&
		    sscanf(text, "HTTP/%*s %d", &status) != 1)
			status = -1;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

#endif
