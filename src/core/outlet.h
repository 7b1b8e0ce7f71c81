/* SPDX-License-Identifier: MIT */
/*
 * A place to write to that may not take it: a log file, a pipe or a terminal
 * that others write to as well.
 *
 * Invariant: no call here waits. A pipe and a terminal are opened once more, so
 * that O_NONBLOCK is ours alone; a socket is asked not to wait; whatever else
 * there is (files, terminals of others) is written to by a child, which may
 * wait in our place (proc/aside.h).
 */
#ifndef JIG_CORE_OUTLET_H
#define JIG_CORE_OUTLET_H

#include <stdint.h>

#include "base/fault.h"
#include "proc/aside.h"

struct ring;
struct outlet_share;

struct outlet {
	int fd; /* to write to and to poll for room; -1: closed */
	bool is_socket;
	struct aside writer; /* whose pipe `fd` is; pid 0: none */
	struct outlet_share *share; /* with the writer */
	uint64_t given; /* bytes, to the writer */
};

#define OUTLET_NONE ((struct outlet){ .fd = -1, .writer = ASIDE_NONE })

/**
 * Write where @fd writes to.
 * @fd  the caller's: may be closed.
 * @return  0 or -errno.
 */
int outlet_open(int fd, struct outlet *ret);

/**
 * Append to a file, which is created; by a writer in any case.
 *
 * Waits until the file is open, at most for some seconds: before a command is
 * started a wrong path is an error.
 *
 * @lost  where the writer notes what the file refuses.
 * @return  0; -ETIMEDOUT the file system does not answer; or -errno.
 */
int outlet_open_file(const char *path, struct ring *lost, struct outlet *ret);

/**
 * @return  how many bytes were taken; -EAGAIN none now: poll `fd`; or -errno:
 *          nothing will be taken any more.
 */
ssize_t outlet_write(struct outlet *outlet, const void *data, size_t size);

/**
 * Close it. What the writer holds is written until @until_us (clock_us()), and
 * then it is killed. Accepts OUTLET_NONE.
 *
 * @ret_left  bytes that were given to it and not written.
 * @return    0, or the pid of a writer that does not die: it is abandoned.
 */
pid_t outlet_close(struct outlet *outlet, int64_t until_us, uint64_t *ret_left);

#endif
