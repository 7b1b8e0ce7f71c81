/* SPDX-License-Identifier: MIT */
/*
 * Closing what was inherited, without waiting for a file system.
 *
 * close(2) of a file on FUSE, NFS and the like asks the server (flush), and so
 * does an exit; a server that does not answer would hold us up for ever. Here
 * such a file is closed by a child that shares our table of descriptors: the
 * kernel frees the number before it asks. Then we take a table of our own, and
 * the child that hangs has nothing of ours.
 *
 * A file is asked about only where it may hang: a regular file on a device
 * without a number (fuseblk has one, and is not known as such). An ordinary
 * start costs poll(2) and one statx(2) for each inherited descriptor.
 */
#ifndef JIG_PROC_DROPPING_H
#define JIG_PROC_DROPPING_H

#include <stddef.h>

/**
 * Point descriptors 0 to @last_null at /dev/null, as fd_nullify() does, and
 * close all above but @keep (in any order; -1 and the like stand for none).
 *
 * @last_null  -1: none; then all from 0 on are closed but @keep.
 */
void drop_inherited_files(int last_null, int *keep, size_t keep_count);

#endif
