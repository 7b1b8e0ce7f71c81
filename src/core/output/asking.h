/* SPDX-License-Identifier: MIT */
/*
 * Looking up a path in a child, because its file system may not answer.
 *
 * Invariant: a question blocks the caller once, for ASKING_WAIT_US at most.
 * After that the caller polls a descriptor for the answer, and no other
 * question is asked meanwhile. A healthy file system answers within
 * microseconds, so the first call usually has the answer.
 *
 * A zeroed struct has no child; the first question starts it.
 */
#ifndef JIG_CORE_OUTPUT_ASKING_H
#define JIG_CORE_OUTPUT_ASKING_H

#include <stdint.h>
#include <sys/stat.h>

#include "proc/aside.h"

#define ASKING_WAIT_US 100000
/** The message for a late answer. */
#define ASKING_SILENT "the file system does not answer"

enum asking_what {
	ASKING_STAT, /* stat(2) */
	ASKING_CONNECT, /* to a unix socket, SOCK_STREAM and non-blocking */
};

struct asking {
	struct aside aside;
	bool awaited; /* a question is unanswered */
	int64_t asked_us;
};

struct answer {
	int error; /* an errno, or 0 */
	struct stat status; /* ASKING_STAT */
	int fd; /* ASKING_CONNECT: the caller's to close, or -1 */
};

/**
 * Ask, or look for the answer to the question before.
 * @return  1 with *ret; 0 no answer yet; or -errno: it cannot be asked.
 */
int asking_ask(struct asking *asking, enum asking_what what, const char *path,
	       struct answer *ret);

/** Whether the answer is so late that the file system does not answer. */
bool asking_is_late(const struct asking *asking);

/** Readable when there is an answer; -1: no question is unanswered. */
int asking_descriptor(const struct asking *asking);

/** End the child. The next question starts a new one. */
void asking_close(struct asking *asking);

#endif
