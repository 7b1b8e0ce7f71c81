// SPDX-License-Identifier: MIT
/*
 * A server that stamps the moment at which it is ready, for ready.c, ready.py.
 *
 *   server STAMP DELAY_MS tcp|http PORT
 *   server STAMP DELAY_MS notify|log
 *   server STAMP DELAY_MS fd N
 *   server - COUNT lines
 *
 * After DELAY_MS the time of CLOCK_MONOTONIC, in µs as a double, is written to
 * the file STAMP, right before listen(2), or before it says that it is ready.
 * `lines` writes COUNT lines of 100 bytes, one write(2) each, and ends.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "series.h"

static volatile double *open_stamp(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *page = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		die(path);
	return page;
}

static int bind_to(const char *port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
	return fd;
}

_Noreturn static void answer(int listening)
{
	static const char text[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";
	char request[1024];

	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (read(fd, request, sizeof(request)) > 0)
			(void)!write(fd, text, strlen(text));
		(void)close(fd);
	}
}

static void notify(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length = name ? strlen(name) : 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (length == 0 || length >= sizeof(at.sun_path))
		die("NOTIFY_SOCKET");
	memcpy(at.sun_path, name, length);
	at.sun_path[0] = '\0';
	if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&at,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			       length)) < 0)
		die("sendto");
}

static void write_lines(int count)
{
	char line[100];

	memset(line, 'x', sizeof(line));
	line[99] = '\n';
	for (int i = 0; i < count; i++)
		if (write(STDOUT_FILENO, line, sizeof(line)) != sizeof(line))
			die("write");
}

static void wait_ms(int ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&span, NULL); /* Nothing interrupts it. */
}

static void become_ready(char **argv)
{
	volatile double *stamp = open_stamp(argv[1]);
	bool serves =
		strcmp(argv[3], "tcp") == 0 || strcmp(argv[3], "http") == 0;
	int fd = serves ? bind_to(argv[4]) : -1;

	wait_ms(atoi(argv[2]));
	*stamp = now_us();
	if (serves) {
		(void)listen(fd, 64);
		answer(fd);
	} else if (strcmp(argv[3], "notify") == 0) {
		notify();
	} else {
		int to = argv[4] ? atoi(argv[4]) : STDOUT_FILENO;

		(void)!write(to, "ready\n", 6);
	}
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: server STAMP DELAY_MS KIND [ARG]\n");
		return 2;
	}
	if (strcmp(argv[3], "lines") == 0)
		write_lines(atoi(argv[2]));
	else
		become_ready(argv);
	return 0;
}
