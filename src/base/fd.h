/* SPDX-License-Identifier: MIT */
/*
 * File descriptors: whole reads and writes, small files, and closing all but
 * a few.
 *
 * Invariant: no function here but fd_open_standard() leaves a descriptor
 * without FD_CLOEXEC.
 */
#ifndef JIG_BASE_FD_H
#define JIG_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/sys.h"

/** write(2) until all is written. @return 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t size);

/**
 * Read a small file (proc, cgroup) into @buffer and end it with a NUL.
 *
 * @dirfd, @path  as in openat(2).
 * @return  bytes read (at most @size - 1; what is longer is cut), or -errno.
 */
ssize_t fd_read_file(int dirfd, const char *path, char *buffer, size_t size);

/**
 * The same with one read(2), for files that the kernel returns in one piece if
 * the buffer is large enough: those of one process in /proc (seq_file).
 */
ssize_t fd_read_record(int dirfd, const char *path, char *buffer, size_t size);

/**
 * Read a whole file of unknown size; the caller frees *ret.
 *
 * @limit  more bytes than this are refused with -EFBIG.
 * @return  bytes read (*ret has a NUL behind them), or -errno.
 */
ssize_t fd_read_whole(int dirfd, const char *path, size_t limit, char **ret);

/** The same for an open one; waits if it is not blocking. */
ssize_t fd_read_to_end(int fd, size_t limit, char **ret);

/** Write @text to a file that exists (cgroup attributes). @return 0, -errno. */
int fd_write_file(int dirfd, const char *path, const char *text);

/**
 * The type of an open file: by sys_look(), or by fstat(2) where the kernel
 * lacks that call.
 * @return 0 or -errno.
 */
int fd_look(int fd, struct sys_look *ret);

/** As isatty(3), but without an ioctl on anything but a character device. */
bool fd_is_terminal(int fd);

/**
 * Open /dev/null in place of each standard descriptor that is closed, without
 * FD_CLOEXEC: the next file that is opened would get its number.
 */
void fd_open_standard(void);

/** Set or clear FD_CLOEXEC. @return 0 or -errno. */
int fd_cloexec(int fd, bool on);

/**
 * Duplicate to a number of at least @floor, with FD_CLOEXEC.
 * @return the new descriptor (the caller closes it), or -errno.
 */
int fd_dup_above(int fd, int floor);

/**
 * Move a descriptor of ours away from 0, 1 and 2. These are free in a host that
 * has closed its stdio; there, the host's printf(3) would write to it, and a
 * command that inherits stdio would have it.
 * @return  0, or -errno: then it stays where it is.
 */
int fd_leave_stdio(int *fd);

/**
 * Close every descriptor from @first on that is not in @except.
 *
 * Async-signal-safe. Uses close_range(2) (Linux 5.9); where that is missing or
 * refused by a seccomp filter, /proc/self/fd, and without /proc a loop up to
 * RLIMIT_NOFILE.
 *
 * @except  sorted ascending.
 */
void fd_close_from(int first, const int *except, size_t count);

/**
 * Call @each with each of our open descriptors, which it may close. Allocates
 * nothing, and asks no file. Source: getdents64(2) of /proc/self/fd.
 * @return  0; -errno: there is no /proc, or the list has ended early.
 */
int fd_list(void (*each)(int fd, void *context), void *context);

/** The same with @except in any order, which is sorted; negative numbers are
 * ignored. */
void fd_close_except(int first, int *except, size_t count);

/** Sort numbers ascending. Async-signal-safe. */
void fd_sort(int *fds, size_t count);

#define FD_EXCEPT_MAX 512

/** The descriptors that stay open, collected for fd_close_except(). */
struct fd_except {
	size_t count; /* set it to 0; the array needs no value */
	int fds[FD_EXCEPT_MAX];
};

/** Add one; a full struct ignores it. */
static inline void fd_except_add(struct fd_except *except, int fd)
{
	if (except->count < FD_EXCEPT_MAX)
		except->fds[except->count++] = fd;
}

/**
 * Another process of our user may have lowered our RLIMIT_NOFILE, prlimit(2):
 * raise the limit. Where that is not enough, close the numbers 0 to @last, so
 * that some can be opened.
 *
 * @last  these are /dev/null, see fd_nullify().
 */
void fd_make_room(int last);

/**
 * Point descriptors @first to @last at /dev/null (at an eventfd where there is
 * no /dev), so that we hold no end of a pipe that is the command's.
 */
void fd_nullify(int first, int last);

#endif
