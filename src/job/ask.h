/* SPDX-License-Identifier: MIT */
/*
 * The side that asks a job's keeper: one connection, one request in words, and
 * the answer in frames (base/text/frame.h).
 */
#ifndef JIG_JOB_ASK_H
#define JIG_JOB_ASK_H

#include <stdint.h>

#include "base/fault.h"
#include "base/text/frame.h"

/** Statuses of a request that is not a wait. */
enum {
	ASK_REFUSED = 1,
	ASK_DENIED = 2, /* as kill(2) has EPERM */
	ASK_NOT_STARTED = 3, /* a start that hangs can take long */
};

/**
 * Connect to a job's keeper, and send the words of a request. A keeper that is
 * stopped is continued.
 *
 * @words        NULL-terminated.
 * @deadline_us  on clock_us(); -1: none but that of ask_connect_to().
 * @return  a blocking stream socket, the caller's to close; as
 * ask_connect_to(); -EPIPE the keeper has gone; or -errno.
 */
int ask_begin(unsigned number, const char *const *words, int64_t deadline_us);

/** ask_begin(), and wait until the keeper begins to answer: it has 10 s. For a
 * request that a keeper answers at once. @return the same, or -ETIMEDOUT. */
int ask_open(unsigned number, const char *const *words);

/**
 * Wait for the keeper's answer, or until it takes more. A keeper that is
 * stopped meanwhile is continued, as often as it is.
 * @events  POLLIN or POLLOUT.
 * @return  0 or -ETIMEDOUT.
 */
int ask_await(unsigned number, int fd, short events, int64_t deadline_us);

/** Send bytes, however long the keeper takes nothing. @return 0 or -errno. */
int ask_send(unsigned number, int fd, const char *bytes, size_t size);

/**
 * Connect to a socket in the job's directory; here no process is continued.
 * @return  a blocking stream socket, the caller's to close; -ESRCH there is no
 *          such job; -ECONNREFUSED it has ended; -ETIMEDOUT no process has
 *          taken the connection for 10 s; or -errno.
 */
int ask_connect_to(unsigned number, const char *socket);

/** Send the words of a request. @words NULL-terminated. @return 0 or -errno. */
int ask_words(int fd, const char *const *words);

/**
 * Read frames up to the one with the status.
 *
 * Takes not one byte more, so that a raw stream may follow.
 * @deadline_us  on clock_us(); -1: for ever.
 * @fault        what the keeper says is wrong; may be NULL.
 * @return  the status, 0 to 255; -ETIMEDOUT; -EPIPE the keeper has gone; or
 *          -errno.
 */
int ask_status(int fd, int64_t deadline_us, struct fault *fault);

/**
 * All of it. A keeper that is stopped is continued; it has 10 s to answer. A
 * job that has not started yet is asked again for 1 s.
 * @return  as ask_status(), and as ask_begin().
 */
int ask(unsigned number, const char *const *words, struct fault *fault);

/**
 * The same, and the connection is kept: after status 0 a raw stream follows.
 * @ret_fd  the caller's to close; only if the status is 0.
 */
int ask_raw(unsigned number, const char *const *words, int *ret_fd);

#endif
