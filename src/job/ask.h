/* SPDX-License-Identifier: MIT */
/*
 * The side that asks a job's keeper: one connection, one request in words, and
 * the answer in frames (base/frame.h).
 */
#ifndef JIG_JOB_ASK_H
#define JIG_JOB_ASK_H

#include <stdint.h>

#include "base/fault.h"
#include "base/frame.h"

/** Statuses of a request that is not a wait. */
enum {
	ASK_REFUSED = 1,
	ASK_DENIED = 2, /* as kill(2) has EPERM */
	ASK_NOT_STARTED = 3, /* a start that hangs can take long */
};

/**
 * Connect to a job's keeper.
 * @return  a blocking stream socket, the caller's to close; -ESRCH there is no
 *          such job; -ECONNREFUSED it has ended; -ETIMEDOUT its keeper takes no
 *          connection; or -errno.
 */
int ask_connect(unsigned number);

/** The same for another socket in the job's directory. */
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
 * @return  as ask_status(), and as ask_connect().
 */
int ask(unsigned number, const char *const *words, struct fault *fault);

#endif
