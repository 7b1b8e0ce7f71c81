/* SPDX-License-Identifier: MIT */
/*
 * A path that is looked up by a child, since its file system may not answer.
 *
 * Invariant: a question waits for its answer at most ASKING_WAIT_US, and that
 * once: one that is not answered by then is awaited at a descriptor, and
 * nothing else is asked meanwhile. A healthy file system answers in some
 * microseconds, so that mostly the answer is there at once.
 *
 * A zeroed struct is none; the child starts with the first question.
 */
#ifndef JIG_CORE_ASKING_H
#define JIG_CORE_ASKING_H

#include <stdint.h>
#include <sys/stat.h>

#include "proc/aside.h"

#define ASKING_WAIT_US 100000
/** What is said of one that is late. */
#define ASKING_SILENT "the file system does not answer"

enum asking_what {
	ASKING_STAT, /* stat(2) */
	ASKING_CONNECT, /* to a unix socket, SOCK_STREAM and non-blocking */
};

struct asking {
	struct aside aside;
	bool awaited; /* a question has no answer yet */
	int64_t asked_us;
};

struct answer {
	int error; /* an errno, or 0 */
	struct stat status; /* ASKING_STAT */
	int fd; /* ASKING_CONNECT: the caller's to close, or -1 */
};

/**
 * Ask, or see whether what was asked before is answered.
 * @return  1 with *ret; 0 not yet; or -errno: it cannot be asked.
 */
int asking_ask(struct asking *asking, enum asking_what what, const char *path,
	       struct answer *ret);

/** Whether an answer is awaited for so long that the reason is the server. */
bool asking_is_late(const struct asking *asking);

/** Readable when there is an answer; -1: none is awaited. */
int asking_descriptor(const struct asking *asking);

/** End the child. The next question starts another one. */
void asking_close(struct asking *asking);

#endif
