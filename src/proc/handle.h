/* SPDX-License-Identifier: MIT */
/*
 * A pinned process: a signal sent through a handle can never reach another
 * process that got the same number meanwhile.
 *
 * Invariant: pin, read, confirm. The pidfd is opened first, then the process's
 * start time is read and compared; since the pinned process existed before and
 * after the read, the number was not reused between.
 *
 * Where pidfds are missing (Linux < 5.3) or refused by a seccomp filter, the
 * handle holds pid and start time only, and confirms the start time right
 * before each signal.
 */
#ifndef JIG_PROC_HANDLE_H
#define JIG_PROC_HANDLE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "proc/stat.h"

struct handle {
	pid_t pid;
	int fd; /* pidfd, or -1: see above */
	int procfd; /* borrowed: where to confirm without a pidfd */
	uint64_t start_ticks;
};

#define HANDLE_NONE ((struct handle){ .fd = -1, .procfd = -1 })

/**
 * Pin the process that @seen describes.
 *
 * @procfd  must stay open as long as the handle.
 * @ret_now  if not NULL, the process as it is now, read while pinned.
 * @return  0; -ESRCH when it has ended, or the number belongs to another
 *          process; -EMFILE …
 */
int handle_open(int procfd, const struct proc_stat *seen, struct handle *ret,
		struct proc_stat *ret_now);

/** @return 0; -ESRCH when it has ended; -EPERM when we may not signal it. */
int handle_kill(const struct handle *handle, int signo);

/**
 * Send a signal and SIGCONT, in the order of stat_wakes_after().
 *
 * @now     of handle_open().
 * @return  of handle_kill() for the signal.
 */
int handle_rouse(const struct handle *handle, const struct proc_stat *now,
		 int signo);

/** Accepts HANDLE_NONE. */
void handle_close(struct handle *handle);

#endif
