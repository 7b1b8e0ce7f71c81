/* SPDX-License-Identifier: MIT */
/*
 * Writing, without blocking, to a destination that may block: a log file, or a
 * pipe or terminal to which other processes write as well.
 *
 * Invariant: no write blocks. A pipe or terminal is opened once more, so that
 * O_NONBLOCK applies to jig only; a socket is written to with MSG_DONTWAIT. To
 * anything else (files, other users' terminals) a child writes, which may block
 * instead of the caller (proc/aside.h).
 */
#ifndef JIG_CORE_OUTPUT_OUTLET_H
#define JIG_CORE_OUTPUT_OUTLET_H

#include <stdint.h>

#include "base/fault.h"
#include "proc/aside.h"

struct ring;
struct outlet_share;

struct outlet {
	int fd; /* to write to and to poll for room; -1: closed */
	bool is_socket;
	struct aside writer; /* reads from `fd`, a pipe; pid 0: no writer */
	struct outlet_share *share; /* memory shared with the writer */
	uint64_t given; /* bytes given to the writer */
};

/** For a member, see ASIDE_NONE_INIT. */
#define OUTLET_NONE_INIT                                                       \
	{                                                                      \
		.fd = -1, .writer = ASIDE_NONE_INIT                            \
	}
#define OUTLET_NONE ((struct outlet)OUTLET_NONE_INIT)

/**
 * Open an outlet to the destination of @fd.
 * @fd  the caller's; it may be closed afterwards.
 * @return  0 or -errno.
 */
int outlet_open(int fd, struct outlet *ret);

/**
 * Append to a file, which is created if missing. A child always writes it.
 *
 * Blocks until the file is open, for some seconds at most, so that a wrong path
 * is an error before the command starts.
 *
 * @lost  where the writer notes what the file does not take.
 * @return  0; -ETIMEDOUT the file system does not answer; or -errno.
 */
int outlet_open_file(const char *path, struct ring *lost, struct outlet *ret);

/**
 * @return  number of bytes taken; -EAGAIN none now: poll `fd`; or -errno: no
 *          more bytes will be taken.
 */
ssize_t outlet_write(struct outlet *outlet, const void *data, size_t size);

/** Whether the writer, if there is one, has written or refused all that it was
 * given, or has ended. Does not block. */
bool outlet_is_idle(struct outlet *outlet);

/** Why the writer, if there is one, has refused bytes. @return 0 or -errno. */
int outlet_failure(const struct outlet *outlet);

/**
 * Write what the pipe @from holds, without a copy, and leave it there.
 * @return  as outlet_write(); -EINVAL: the outlet is no pipe.
 */
ssize_t outlet_tee(struct outlet *outlet, int from, size_t size);

/**
 * Close it. The writer may write the rest until @until_us (clock_us()), then it
 * is killed. Accepts OUTLET_NONE.
 *
 * @ret_left  bytes that were given to the writer and not written.
 * @return    0, or the pid of a writer that does not die and is abandoned.
 */
pid_t outlet_close(struct outlet *outlet, int64_t until_us, uint64_t *ret_left);

#endif
