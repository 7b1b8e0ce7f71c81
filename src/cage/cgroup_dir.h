/* SPDX-License-Identifier: MIT */
/*
 * One cgroup v2 directory, by descriptor: its members, ending all of them,
 * removing it with what was made below it.
 */
#ifndef JIG_CAGE_CGROUP_DIR_H
#define JIG_CAGE_CGROUP_DIR_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"

/**
 * Open our own cgroup's directory.
 * @return  a descriptor, or -errno with the reason.
 */
int cgroup_open_own(int procfd, struct fault *fault);

/**
 * Every process in it and below: a list of pid_t, numbers that may be others'
 * by now. @return 0; -errno: not all could be listed, and *ret is untouched.
 */
int cgroup_pids(int dir, struct list *ret);

/**
 * Whether a process that the caller has pinned is in it or below.
 *
 * @name  of the directory; no other cgroup of the hierarchy has it.
 * @return  1, 0 or -errno.
 */
int cgroup_holds(int dir, const char *name, int procfd, pid_t pid);

/** 1 when `populated 0` holds for it and all below, 0 when not, or -errno. */
int cgroup_is_empty(int dir);

/**
 * SIGKILL to all in it and below.
 *
 * cgroup.kill (Linux 5.14) where the file is there; else freeze, kill through
 * handles, thaw. @name is for cgroup_holds(). A cgroup that was left frozen is
 * thawed.
 */
int cgroup_end(int dir, const char *name, int procfd);

/** The way of before Linux 5.14. */
int cgroup_end_by_freezer(int dir, const char *name, int procfd);

/**
 * Wait until it is empty, at most @timeout_ms.
 * @return  0, -ETIMEDOUT or -errno.
 */
int cgroup_wait_empty(int dir, int timeout_ms);

/**
 * Remove @name below @parent and every cgroup below that.
 * @return  0, -EBUSY while a process is in it, -ENOENT, or -errno.
 */
int cgroup_remove(int parent, const char *name);

#endif
