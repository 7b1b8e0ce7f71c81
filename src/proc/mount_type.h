/* SPDX-License-Identifier: MIT */
/*
 * Which file systems answer by themselves: no server, no network and no process
 * stands behind them, so a call on one of their files does not wait for ever.
 *
 * The file systems themselves are not asked, since statfs(2) waits for the
 * server, too: the kernel's own lists tell (proc_pid_fdinfo(5),
 * proc_pid_mountinfo(5)).
 *
 * Anything unknown counts as not local: a type that is not in the list, a mount
 * of another namespace, a machine without /proc.
 */
#ifndef JIG_PROC_MOUNT_TYPE_H
#define JIG_PROC_MOUNT_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#define MOUNT_TYPE_SIZE 32

/**
 * The type of a mount, from the text of a mountinfo file.
 * @id    of the mount.
 * @ret   MOUNT_TYPE_SIZE bytes.
 * @return  0; -ENOENT: there is no such mount (or its name is too long).
 */
int mount_type(const char *mounts, int id, char *ret);

/** The mount's id, from the text of a fdinfo file. @return it or -ENOENT. */
int mount_id(const char *info);

/**
 * The type of the file system of an open file.
 * @mounts  as for mount_is_local().
 * @ret     MOUNT_TYPE_SIZE bytes.
 * @return  0 or -errno.
 */
int mount_type_of(int fd, char **mounts, char *ret);

/**
 * Whether a file that is open as @fd is on a local file system without a block
 * device.
 * @mounts  the text of /proc/self/mountinfo, read when it is needed; start with
 *          NULL, free(3) it.
 */
bool mount_is_local(int fd, char **mounts);

/**
 * Whether the mount that holds @path answers by itself, from the text of a
 * mountinfo file. Pure. Symbolic links on the way are not seen.
 */
bool mount_of_path_is_local(const char *mounts, const char *path);

/**
 * Whether a directory, which may be missing, is on a file system that answers
 * by itself, also one on a block device. No file system is asked. An overlay
 * counts as local: a directory to write to is in its upper layer.
 */
bool mount_path_is_local(const char *path);

#endif
