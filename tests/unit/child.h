/* SPDX-License-Identifier: MIT */
/*
 * Children for unit tests. None outlives its test: each dies with the test's
 * process at the latest.
 */
#ifndef JIG_TESTS_CHILD_H
#define JIG_TESTS_CHILD_H

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/** Fork; the child dies with us. */
static inline pid_t child_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(125);
	}
	return pid;
}

/** A child that waits for a signal. */
static inline pid_t child_sleeper(void)
{
	pid_t pid = child_fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/** Its status, as wait(2) gives it; reaps it. */
static inline int child_wait(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/** SIGKILL and reap. */
static inline void child_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)child_wait(pid);
}

/** Wait until it has died, without reaping it. */
static inline void child_await_zombie(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
	       errno == EINTR)
		;
}

/** Run @function in a child; whether it returned true there. */
static inline int child_says(int (*function)(void))
{
	pid_t pid = child_fork();

	if (pid == 0)
		_exit(function() ? 0 : 1);

	int status = child_wait(pid);

	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
