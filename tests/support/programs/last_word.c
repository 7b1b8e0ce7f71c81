// SPDX-License-Identifier: MIT
/*
 * A command that says that it is ready, and ends at once.
 *
 * last_word notify|fd|log [stop]
 *
 * With "stop" the guard is stopped meanwhile: it is continued only when the
 * supervisor has reaped this process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(address.sun_path + 1, name + 1);
	if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			       strlen(name))) != 7)
		_exit(9);
}

static void say(const char *how)
{
	if (strcmp(how, "notify") == 0)
		notify();
	else if (write(strcmp(how, "fd") == 0 ? 3 : 1, "up\n", 3) != 3)
		_exit(9);
}

/* The supervisor's parent. */
static pid_t guard_of(pid_t supervisor)
{
	char path[64], text[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)supervisor);
	file = fopen(path, "r");
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	return (pid_t)atoi(strrchr(text, ')') + 4);
}

/* The end of the command stops this child, too. */
static void continue_later(pid_t guard)
{
	pid_t main = getpid();

	signal(SIGTERM, SIG_IGN);
	if (fork() != 0)
		return;
	while (kill(main, 0) == 0)
		usleep(500);
	kill(guard, SIGCONT);
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		pid_t guard = guard_of(getppid());

		kill(guard, SIGSTOP);
		continue_later(guard);
	}
	say(argv[1]);
	_exit(0);
}
