// SPDX-License-Identifier: MIT
/*
 * A host whose signal handler runs all the time. With JIG_TEST_ALARM_US=200 in
 * the environment, each process of a test gets SIGALRM every 200 us, with a
 * handler and without SA_RESTART: so every call of libjig that blocks is
 * interrupted, many times. Each process checks at its end that no child of it
 * is a zombie.
 *
 * The tests' own calls are not what is tested: the linker (--wrap) puts the
 * functions below in their place. Those of libjig.so are not wrapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What --wrap calls the functions of libc. */
int __real_flock(int fd, int operation);
int __real_open(const char *path, int flags, ...);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __real_pthread_join(pthread_t thread, void **ret);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_send(int fd, const void *buffer, size_t size, int flags);
ssize_t __real_write(int fd, const void *buffer, size_t size);
pid_t __real_waitpid(pid_t pid, int *status, int flags);
__attribute__((noreturn)) void __real__exit(int status);

int __wrap_flock(int fd, int operation);
int __wrap_open(const char *path, int flags, ...);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_pthread_join(pthread_t thread, void **ret);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_send(int fd, const void *buffer, size_t size, int flags);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
pid_t __wrap_waitpid(pid_t pid, int *status, int flags);
__attribute__((noreturn)) void __wrap__exit(int status);

#define AGAIN(call)                                                            \
	do                                                                     \
		r = (call);                                                    \
	while (r < 0 && errno == EINTR)

static long alarm_us; /* 0: off */
static volatile sig_atomic_t interrupts;

static void count_it(int signo)
{
	(void)signo;
	interrupts = interrupts + 1;
}

static void arm(void)
{
	const struct itimerval often = { { 0, alarm_us }, { 0, alarm_us } };

	(void)setitimer(ITIMER_REAL, &often, NULL);
}

__attribute__((constructor)) static void begin(void)
{
	const struct sigaction action = { .sa_handler = count_it };
	const char *us = getenv("JIG_TEST_ALARM_US");

	alarm_us = us ? strtol(us, NULL, 10) : 0;
	if (alarm_us <= 0)
		return;
	(void)unsetenv("JIG_TEST_ALARM_US"); /* Commands are not hosts. */
	(void)sigaction(SIGALRM, &action, NULL);
	(void)pthread_atfork(NULL, NULL, arm); /* A fork has no timer. */
	arm();
}

static bool has_zombie(void)
{
	siginfo_t info = { .si_pid = 0 };
	int r;

	AGAIN(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL));
	if (r == 0 && info.si_pid != 0)
		(void)fprintf(stderr, "%d: child %d is a zombie\n", getpid(),
			      info.si_pid);
	return r == 0 && info.si_pid != 0;
}

__attribute__((destructor)) static void end(void)
{
	if (alarm_us > 0 && has_zombie())
		__real__exit(98);
	if (alarm_us > 0 && interrupts == 0) {
		(void)fprintf(stderr, "no interrupts\n");
		__real__exit(99);
	}
}

void __wrap__exit(int status)
{
	__real__exit(alarm_us > 0 && has_zombie() ? 98 : status);
}

int __wrap_flock(int fd, int operation)
{
	int r;

	AGAIN(__real_flock(fd, operation));
	return r;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list rest;
	int r;

	va_start(rest, flags);
	const mode_t mode =
		flags & O_CREAT ? (mode_t)va_arg(rest, unsigned) : 0;
	va_end(rest);
	AGAIN(__real_open(path, flags, mode));
	return r;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;

	for (;;) {
		int r = __real_poll(fds, count, timeout_ms);

		if (r >= 0 || errno != EINTR)
			return r;
		if (timeout_ms > 0)
			timeout_ms =
				until > now_ms() ? (int)(until - now_ms()) : 0;
	}
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	ssize_t r;

	AGAIN(__real_read(fd, buffer, size));
	return r;
}

ssize_t __wrap_send(int fd, const void *buffer, size_t size, int flags)
{
	ssize_t r;

	AGAIN(__real_send(fd, buffer, size, flags));
	return r;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	ssize_t r;

	AGAIN(__real_write(fd, buffer, size));
	return r;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int flags)
{
	pid_t r;

	AGAIN(__real_waitpid(pid, status, flags));
	return r;
}

/* The kernel prefers the main thread, which only waits here. */
int __wrap_pthread_join(pthread_t thread, void **ret)
{
	sigset_t one, before;

	(void)sigemptyset(&one);
	(void)sigaddset(&one, SIGALRM);
	(void)pthread_sigmask(SIG_BLOCK, &one, &before);

	int r = __real_pthread_join(thread, ret);

	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
