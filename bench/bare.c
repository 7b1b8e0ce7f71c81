// SPDX-License-Identifier: MIT
/*
 * The least that ends a tree for certain: a cgroup, cgroup.kill, and reaping.
 *
 *   bare CGROUP COMMAND…
 *
 * Runs COMMAND in a new cgroup below the directory CGROUP. At SIGTERM it writes
 * cgroup.kill, reaps to ECHILD (it is a subreaper), reads `populated 0`,
 * removes the cgroup and exits. It watches no process, and is not watched: this
 * is what jig is compared with, not what to use.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "series.h"

static int open_cgroup(const char *parent, char *path, size_t size)
{
	int dir;

	(void)snprintf(path, size, "%s/bare-%d", parent, getpid());
	if (mkdir(path, 0755) < 0)
		die(path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		die(path);
	return dir;
}

static void put(int dir, const char *file, const char *text)
{
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(file);
	(void)close(fd); /* Written; nothing can be lost. */
}

static void await_empty(int dir)
{
	char text[256];
	ssize_t n;

	do {
		int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (n < 0)
			die("cgroup.events");
		text[n] = '\0';
		(void)close(fd); /* Read only. */
	} while (!strstr(text, "populated 0"));
}

static void run(int dir, char **argv, const sigset_t *before)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return;
	put(dir, "cgroup.procs", "0");
	(void)sigprocmask(SIG_SETMASK, before, NULL); /* Valid arguments. */
	(void)execv(argv[0], argv); /* Returns on failure. */
	die(argv[0]);
}

int main(int argc, char **argv)
{
	sigset_t stop, before;
	char path[4096];
	int dir, signo;

	if (argc < 3) {
		fprintf(stderr, "usage: bare CGROUP COMMAND…\n");
		return 2;
	}
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, &before); /* Valid arguments. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("PR_SET_CHILD_SUBREAPER");
	dir = open_cgroup(argv[1], path, sizeof(path));
	run(dir, argv + 2, &before);
	(void)sigwait(&stop, &signo); /* A valid set. */
	put(dir, "cgroup.kill", "1");
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		continue;
	await_empty(dir);
	if (rmdir(path) < 0)
		die(path);
	return 0;
}
