// SPDX-License-Identifier: MIT
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range /* glibc 2.31 */
#define SYS_close_range 436
#endif

enum {
	FUSE_S = 60,
	RELAY_BIRTHS = 200000,

	/* <linux/futex.h>, which musl-gcc does not find */
	OP_WAIT = 0,
	OP_WAKE = 1,
};

/*
 * Memory that main shares with all its descendants. A futex and not a pipe:
 * some of them close every descriptor, and must say so after it.
 */
struct board {
	atomic_int settled;
	atomic_int births;
};

static struct board *board;
static struct timespec fuse_end; /* CLOCK_MONOTONIC, the same for all */
static const char *ready_path;
static bool stays;

void fail(const char *what)
{
	dprintf(STDERR_FILENO, "hostile: %s: %s\n", what, strerror(errno));
	_exit(HOSTILE_FAILED);
}

/*
 * A timer that sends SIGKILL ends a process that ignores, blocks or is stopped,
 * which alarm() does not. It spares only the init of a pid namespace, which
 * hold() ends. Timers are not inherited: each process lights its own.
 */
static void light_fuse(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGKILL,
	};
	struct itimerspec when = { .it_value = fuse_end };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		fail("timer_create");
	if (timer_settime(timer, TIMER_ABSTIME, &when, NULL) != 0)
		fail("timer_settime");
}

static bool fuse_burnt(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > fuse_end.tv_sec ||
	       (now.tv_sec == fuse_end.tv_sec &&
		now.tv_nsec >= fuse_end.tv_nsec);
}

static noreturn void usage(const char *name)
{
	dprintf(STDERR_FILENO, "usage: %s READYFILE exit|stay\n", name);
	_exit(2);
}

void begin(int argc, char **argv)
{
	if (argc != 3)
		usage(argv[0]);
	stays = strcmp(argv[2], "stay") == 0;
	if (!stays && strcmp(argv[2], "exit") != 0)
		usage(argv[0]);

	ready_path = argv[1];
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		fail("mmap");
	clock_gettime(CLOCK_MONOTONIC, &fuse_end);
	fuse_end.tv_sec += FUSE_S;
	light_fuse();
}

static void await_settled(int expected)
{
	static const struct timespec look_again = { .tv_nsec = 100000000 };
	int seen = 0;

	while ((seen = atomic_load(&board->settled)) < expected) {
		if (fuse_burnt())
			_exit(HOSTILE_FAILED);
		(void)syscall(SYS_futex, &board->settled, OP_WAIT, seen,
			      &look_again, NULL, 0); /* the loop looks itself */
	}
}

void settle(void)
{
	atomic_fetch_add(&board->settled, 1);
	(void)syscall(SYS_futex, &board->settled, OP_WAKE, INT_MAX, NULL, NULL,
		      0); /* no process may wait */
}

static void end_by_signal(int signo)
{
	_exit(128 + signo);
}

/* A handler and not the default action: main may be the init of a pid
 * namespace, where the default action of these signals is to do nothing. */
static void obey(int signo)
{
	struct sigaction old;
	struct sigaction act = { .sa_handler = end_by_signal };

	if (sigaction(signo, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	if (sigaction(signo, &act, NULL) != 0)
		fail("sigaction");
}

void finish(int expected)
{
	await_settled(expected);
	obey(SIGTERM);
	obey(SIGINT);
	obey(SIGHUP);

	int fd =
		open(ready_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		fail(ready_path);
	close(fd);

	if (stays)
		hold();
	_exit(0);
}

pid_t try_spawn(void)
{
	pid_t pid = fork();

	if (pid == 0)
		light_fuse();
	return pid;
}

pid_t try_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		light_fuse();
	return (pid_t)pid;
}

pid_t spawn(void)
{
	pid_t pid = try_spawn();

	if (pid < 0)
		fail("fork");
	return pid;
}

bool may_multiply(int births)
{
	struct stat st;

	if (stat("/proc/self/exe", &st) == 0 && st.st_nlink == 0)
		return false;
	return atomic_fetch_add(&board->births, 1) < births;
}

void hold(void)
{
	while (!fuse_burnt())
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &fuse_end,
				NULL);
	_exit(0);
}

int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	return status;
}

int count_or(int proposed)
{
	const char *wish = getenv("HOSTILE_COUNT");
	int count = wish ? atoi(wish) : 0;

	return count > 0 && count <= 10000 ? count : proposed;
}

void own_session(void)
{
	if (setsid() < 0)
		fail("setsid");
}

void own_group(void)
{
	if (setpgid(0, 0) != 0)
		fail("setpgid");
}

void close_every_fd(void)
{
	if (syscall(SYS_close_range, 0, ~0U, 0) == 0)
		return;
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
}

void ignore_every_signal(void)
{
	sigset_t all;

	for (int signo = 1; signo <= SIGRTMAX; signo++)
		signal(signo, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

/* The kernel lays arguments and environment out as one run of strings. */
void wipe_names(char **argv, const char *comm)
{
	extern char **environ;
	char *start = argv[0];
	char *end = start;

	for (char **arg = argv; *arg; arg++)
		end = *arg + strlen(*arg);
	for (char **var = environ; *var; var++)
		end = *var + strlen(*var);
	memset(start, 0, (size_t)(end - start));
	environ = NULL;
	if (prctl(PR_SET_NAME, comm) != 0)
		fail("PR_SET_NAME");
}

/*
 * Short enough that a runner is gone before a list with it is through; long
 * enough that an escaped relay does not bury a slow init under dead runners.
 */
static struct timespec relay_pause(void)
{
	const char *wish = getenv("HOSTILE_PAUSE_US");
	int us = wish ? atoi(wish) : 1000;

	return (struct timespec){ .tv_nsec = us % 1000000 * 1000L };
}

void relay(void (*step)(void))
{
	struct timespec pause = relay_pause();

	for (int generation = 1;; generation++) {
		if (step)
			step();
		if (generation == 3)
			settle();
		if (!may_multiply(RELAY_BIRTHS))
			hold();
		if (pause.tv_nsec > 0)
			nanosleep(&pause, NULL);

		pid_t next = -1;
		while ((next = try_spawn()) < 0 && !fuse_burnt())
			sched_yield();
		if (next != 0)
			_exit(0);
	}
}
