/* SPDX-License-Identifier: MIT */
/*
 * /proc: the file system itself, lists of processes, and other data of one
 * process.
 *
 * Invariant: callers hold a directory descriptor, never the path "/proc": the
 * supervisor of a pid namespace looks at another one than its guard, and a
 * container may have none mounted.
 *
 * Files: procfs.c (the file system, scans), children.c, tree.c (descendants),
 * command.c (command lines and users).
 */
#ifndef JIG_PROC_PROCFS_H
#define JIG_PROC_PROCFS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "proc/stat.h"

/** PID_MAX_LIMIT of 64 bit kernels. */
#define PROCFS_PID_LAST (1 << 22)

/** Whether an error shows that a process has ended, or is hidden: a list is
 * complete without it. With any other error the list would be too short. */
static inline bool procfs_is_absent(int error)
{
	return error == -ENOENT || stat_is_absent(error);
}

/**
 * Open /proc; where none is mounted, or another pid namespace's, one of our own
 * (needs CAP_SYS_ADMIN).
 *
 * @return  a directory descriptor or -errno (-ENOENT: there is none).
 */
int procfs_open(void);

/** The same with the inode of our pid namespace, see procfs_namespace(). */
int procfs_open_in(uint64_t *ret_namespace);

/** The inode of our pid namespace, namespaces(7); 0: unknown. */
uint64_t procfs_namespace(int procfd);

/**
 * All processes that we may see, in order of their pids.
 *
 * Not atomic: processes come and go while it reads.
 *
 * @ret  a list of struct proc_stat; list_free() it.
 * @return  0 or -errno.
 */
int procfs_scan(int procfd, struct list *ret);

/**
 * All processes for which @wanted returns true.
 *
 * @ret  a list of struct proc_stat; list_free() it.
 */
int procfs_select(int procfd,
		  bool (*wanted)(const struct proc_stat *stat,
				 const void *context),
		  const void *context, struct list *ret);

/** Whether any process in a list of struct proc_stat is not dead. */
bool procfs_any_alive(const struct list *stats);

/**
 * Of @all, the descendants of @root, without @root itself; parents before
 * children.
 *
 * @ret  a list of struct proc_stat; list_free() it.
 */
int procfs_descendants(const struct list *all, pid_t root, struct list *ret);

/**
 * The descendants of @root, without @root itself; parents before children.
 *
 * Walks the `children` files (CONFIG_PROC_CHILDREN), so the cost is that of the
 * tree and not of the machine; without them it scans. Not atomic: a process
 * that is created or orphaned meanwhile may be missing.
 *
 * @ret  a list of struct proc_stat; list_free() it.
 */
int procfs_tree(int procfd, pid_t root, struct list *ret);

/**
 * Our own children that are not yet reaped, zombies too.
 *
 * The caller must be the only one that reaps them and must have one thread:
 * then each number is pinned, since an unreaped child keeps its pid, and can
 * be signalled with kill(2). Asks the `children` file (CONFIG_PROC_CHILDREN);
 * without it a scan; without /proc (@procfd < 0) it asks waitid(2) about each
 * possible number.
 *
 * @ret  a list of pid_t; list_free() it.
 */
int procfs_children(int procfd, struct list *ret);

/**
 * Append the pids of a process's children, by its `children` files.
 * @threads  how many it has: each has children of its own.
 * @return   0, or -errno (-ENOENT: it has ended, or the kernel lacks the file).
 */
int procfs_children_of(int procfd, pid_t pid, int threads, struct list *found);

/**
 * The number that a child of ours, not yet reaped, has in an outer pid
 * namespace, see NSpid in proc_pid_status(5).
 *
 * @procfd  /proc of that namespace.
 * @pid     as we number it.
 * @return  its number there, or -errno.
 */
pid_t procfs_outer_number(int procfd, pid_t pid);

/** Data from the other files of a process. */
struct proc_detail {
	uid_t uid; /* effective */
	uint64_t ignored; /* SigIgn: bit n-1 is signal n */
	uint64_t caught; /* SigCgt */
	char command[256]; /* arguments, blanks between; [comm] if none */
};

/**
 * Its arguments, blanks between; [comm] without any.
 *
 * Takes the lock of the process's memory, so it may block for ever: guard and
 * supervisor must not call it themselves. Its stat, status and limits take no
 * such lock.
 */
void procfs_command(int procfd, const struct proc_stat *stat, char *ret,
		    size_t size);

/** @return 0, or -errno with *ret filled as far as it was readable. */
int procfs_detail(int procfd, const struct proc_stat *stat,
		  struct proc_detail *ret);

/** Its effective user. @return 0, -ESRCH when it has ended, or -errno. */
int procfs_user(int procfd, pid_t pid, uid_t *ret);

/**
 * Its arguments as /proc/PID/cmdline has them: each ends with a NUL, unless the
 * program has written over them; empty of a zombie and of a kernel thread.
 *
 * @limit  bytes; a longer text is cut.
 * @ret    they are appended.
 * @return  their length, -ESRCH when it has ended, or -errno.
 */
ssize_t procfs_arguments(int procfd, pid_t pid, size_t limit,
			 struct buffer *ret);

#endif
