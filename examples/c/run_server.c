// SPDX-License-Identifier: MIT
/*
 * A web server as a fixture: start it, wait until its port answers, ask it for
 * a page, stop it. Nothing is left, even if this program is killed on the way.
 *
 *     run_server [PORT]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Try again until it listens; a server that ends before is an error at once. */
static int wait_until_ready(struct jig *server, const char *port)
{
	for (int i = 0; i < 1000; i++) {
		int fd = connect_to(port);

		if (fd >= 0)
			return fd;
		if (jig_wait(server, 20, NULL) != -ETIMEDOUT)
			break;
	}
	fprintf(stderr, "the server does not answer\n");
	return -1;
}

static void ask(int fd)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	char answer[4096];

	if (write(fd, request, strlen(request)) < 0)
		return;

	ssize_t n = read(fd, answer, sizeof(answer) - 1);

	answer[n < 0 ? 0 : n] = '\0';
	printf("it says: %.*s\n", (int)strcspn(answer, "\r\n"), answer);
	close(fd);
}

static void stop(struct jig *server)
{
	char *report = NULL;

	jig_stop(server);
	if (jig_wait(server, -1, NULL) == 0 &&
	    jig_report_json(jig_report(server), &report) > 0)
		printf("%s", report);
	free(report);
}

int main(int argc, char **argv)
{
	const char *port = argc > 1 ? argv[1] : "8000";
	char why[256];
	struct jig *server;
	struct jig_command command = {
		.size = sizeof(command),
		.argv = (const char *[]){ "python3", "-m", "http.server",
					  "--bind", "127.0.0.1", port, NULL },
		.out.kind = JIG_STDIO_NULL,
		.err.kind = JIG_STDIO_NULL,
		.error = why,
		.error_size = sizeof(why),
	};

	if (jig_start(&command, &server) < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}

	int fd = wait_until_ready(server, port);

	if (fd >= 0)
		ask(fd);
	stop(server);
	jig_free(server);
	return fd < 0;
}
