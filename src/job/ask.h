/* SPDX-License-Identifier: MIT */
/*
 * A client of a job's keeper: one connection, one request in words, and the
 * answer in frames (base/text/frame.h). A suspended keeper is continued.
 *
 * The requests are those of job/keeper/request.c. Terminals do not belong here:
 * tty/relay.h.
 */
#ifndef JIG_JOB_ASK_H
#define JIG_JOB_ASK_H

#include <stdint.h>

#include "base/fault.h"
#include "base/text/frame.h"

/** Statuses of requests other than "wait". */
enum {
	ASK_REFUSED = 1,
	ASK_DENIED = 2, /* EPERM of kill(2) */
	ASK_NOT_STARTED = 3, /* not yet: execve may hang */
};

/**
 * Connect to a job's keeper, and send the words of a request.
 *
 * @words        NULL-terminated.
 * @deadline_us  of clock_us(); -1: only that of ask_connect_to().
 * @return  a blocking stream socket, which the caller closes; an error of
 *          ask_connect_to(); -EPIPE the keeper has gone; or -errno.
 */
int ask_begin(unsigned number, const char *const *words, int64_t deadline_us);

/** ask_begin(), and wait 10 s at most until the answer begins. For a request
 * that a keeper answers at once. @return the same, or -ETIMEDOUT. */
int ask_open(unsigned number, const char *const *words);

/**
 * Wait until the keeper answers, or takes more. If it is suspended meanwhile,
 * it is continued, each time.
 * @events  POLLIN or POLLOUT.
 * @return  0 or -ETIMEDOUT.
 */
int ask_await(unsigned number, int fd, short events, int64_t deadline_us);

/** Send bytes; waits without limit. @return 0 or -errno. */
int ask_send(unsigned number, int fd, const char *bytes, size_t size);

/**
 * Connect to a socket in the job's directory; continues no process.
 * @return  a blocking stream socket, which the caller closes; -ESRCH no such
 *          job; -ECONNREFUSED it has ended; -ETIMEDOUT no process has taken the
 *          connection for 10 s; or -errno.
 */
int ask_connect_to(unsigned number, const char *socket);

/** Send the words of a request. @words NULL-terminated. @return 0 or -errno. */
int ask_words(int fd, const char *const *words);

/**
 * Read frames up to the one with the status.
 *
 * Reads no byte behind it, because a raw stream may follow.
 * @deadline_us  of clock_us(); -1: none.
 * @fault        the keeper's message; may be NULL.
 * @return  the status, 0 to 255; -ETIMEDOUT; -EPIPE the keeper has gone; or
 *          -errno.
 */
int ask_status(int fd, int64_t deadline_us, struct fault *fault);

/**
 * A whole request. The keeper has 10 s to answer. If the job has not started
 * yet, the request is repeated for 1 s.
 * @return  as ask_status() and ask_begin().
 */
int ask(unsigned number, const char *const *words, struct fault *fault);

/**
 * The same, but the connection stays open: after status 0 a raw stream follows.
 * @ret_fd  the caller closes it; set only if the status is 0.
 */
int ask_raw(unsigned number, const char *const *words, int *ret_fd);

#endif
