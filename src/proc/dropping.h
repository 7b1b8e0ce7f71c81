/* SPDX-License-Identifier: MIT */
/*
 * Closing inherited descriptors, without blocking on a file system.
 *
 * close(2) of a file on FUSE, NFS and the like waits for the server (flush),
 * and so does exit: both block for ever if the server does not answer. So a
 * child that shares the table of descriptors closes such a file: the kernel
 * frees the descriptor's number before it waits. Then the caller unshares the
 * table, and the child that hangs keeps nothing of the caller's.
 *
 * Only a regular file on an anonymous device, and of a type that is not known
 * as local (proc/mount_type.h), counts as one that may hang. (On fuseblk the
 * device is not anonymous, so it is not recognized.) A search costs select(2),
 * fcntl(2) for each number below 64 and statx(2) for each that is open, or a
 * list of /proc/self/fd if there are higher ones; a file on tmpfs, btrfs or an
 * overlay costs a read of mountinfo, too. Mostly the number of open descriptors
 * shows that there is nothing to search: dropping_only_standard().
 *
 * This module and proc/aside.h use each other: an aside closes what it has
 * inherited, and a child that closes a file is waited for as an aside is.
 */
#ifndef JIG_PROC_DROPPING_H
#define JIG_PROC_DROPPING_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Point descriptors 0 to @last_null at /dev/null, as fd_nullify() does, and
 * close all above except @except (in any order; negative values are ignored).
 *
 * @last_null  -1: none; then all from 0 on are closed, except these.
 */
void drop_inherited_files(int last_null, int *except, size_t count);

/**
 * Whether nothing is open but 0, 1, 2 and @own, and none of these three may
 * hang: then to drop what was inherited, fd_nullify() is enough.
 *
 * @own     open descriptors, in any order; sorted here. Numbers below 3 are
 *          ignored.
 * @return  false also if it is not known. Source: the size of /proc/self/fd,
 *          which is the number of open descriptors since Linux 6.2.
 */
bool dropping_only_standard(int procfd, int *own, size_t count);

/** Point @fd at /dev/null if it is a file that may hang when it is closed. */
void drop_file(int fd);

#endif
