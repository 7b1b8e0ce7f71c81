/* SPDX-License-Identifier: MIT */
/*
 * Reading a file that an option, a setting or another file names. It may be
 * anything: open(2) of a FIFO without a writer waits for ever, and open(2) of a
 * device may have an effect.
 *
 * Invariant: only what the user names may be waited for. Then signals still
 * have their default action, so Ctrl-C ends the wait.
 *
 * What does not belong here: files that jig itself makes (base/fd.h).
 */
#ifndef JIG_BASE_FILE_NAMED_H
#define JIG_BASE_FILE_NAMED_H

#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

enum named_by {
	/** Another file or setting names it, or it is looked for: a regular
	 * file or /dev/null. */
	NAMED_BY_FILE,
	/** The command line names it: also a FIFO, a terminal, or any of our
	 * own descriptors (/dev/stdin, /dev/fd/N), until its end. */
	NAMED_BY_USER,
};

/** @return  the number in "/dev/fd/63", "/proc/self/fd/63" or "/dev/stdin"; or
 *           -1: it is another path. */
int named_descriptor(const char *path);

/**
 * Read a file to its end; the caller frees *ret.
 *
 * @dirfd, @path  as in openat(2).
 * @limit   the most bytes.
 * @return  bytes read (*ret has a NUL behind them); or with the reason
 *          -EISDIR; -ENOTSUP: it is of no kind that is allowed; -EFBIG: it is
 *          larger than @limit; -ENOENT, …
 */
ssize_t named_read(int dirfd, const char *path, enum named_by by, size_t limit,
		   char **ret, struct fault *fault);

#endif
