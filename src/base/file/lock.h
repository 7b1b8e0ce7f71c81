/* SPDX-License-Identifier: MIT */
/*
 * Locks between processes: flock(2) on a file or directory, which the kernel
 * releases when the last holder ends, for whatever reason.
 *
 * A name may come to stand for another file between open(2) and flock(2). So a
 * lock counts only if the name still stands for the locked file, and only the
 * holder of such a lock may remove or replace what the lock protects.
 *
 * Not here: locks of a job's record, which are OFD locks because its readers
 * must not take them (job/store.c).
 */
#ifndef JIG_BASE_FILE_LOCK_H
#define JIG_BASE_FILE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Lock what is open at @fd for ourselves alone.
 *
 * @limit_us  how long to wait for another holder, which may be suspended; 0:
 *            not at all.
 * @return    0; -EWOULDBLOCK another process holds it, and @limit_us is 0;
 *            -ETIMEDOUT it still does; or -errno.
 */
int lock_take(int fd, int64_t limit_us);

/** Number of attempts while the name stands for another file. */
#define LOCK_TRIES 1000

/**
 * Open a file and lock it; retried until the name stands for the locked file.
 *
 * @dirfd, @name  as in openat(2); a symbolic link at the end is not followed.
 * @flags         of open(2), such as O_RDWR | O_CREAT; the mode is 0600.
 * @return        a descriptor, which holds the lock; the caller closes it. Or
 *                an error, as above; -ESTALE the name stands for another file
 *                again and again, or cannot be looked at.
 */
int lock_open(int dirfd, const char *name, int flags, int64_t limit_us);

/** Whether the file at @fd still has this name. */
bool lock_has_name(int fd, int dirfd, const char *name);

#endif
