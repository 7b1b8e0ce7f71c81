/* SPDX-License-Identifier: MIT */
/*
 * One cgroup v2 directory, by descriptor: its members, ending all of them,
 * removing it with what was made below it.
 */
#ifndef JIG_CAGE_CGROUP_DIR_H
#define JIG_CAGE_CGROUP_DIR_H

#include "base/fault.h"
#include "base/list.h"

/**
 * Open our own cgroup's directory.
 * @return  a descriptor, or -errno with the reason.
 */
int cgroup_open_own(int procfd, struct fault *fault);

/** Every process in it and below: a list of pid_t. @return 0 or -errno. */
int cgroup_pids(int dir, struct list *ret);

/** 1 when `populated 0` holds for it and all below, 0 when not, or -errno. */
int cgroup_is_empty(int dir);

/**
 * SIGKILL to all in it and below.
 *
 * cgroup.kill (Linux 5.14) where the file is there; else freeze, kill through
 * handles, thaw. A cgroup that was left frozen is thawed.
 */
int cgroup_end(int dir, int procfd);

/**
 * Wait until it is empty, at most @timeout_ms.
 * @return  0, -ETIMEDOUT or -errno.
 */
int cgroup_wait_empty(int dir, int timeout_ms);

/**
 * Remove @name below @parent and every cgroup below that.
 * @return  0, -EBUSY while somebody is in it, -ENOENT, or -errno.
 */
int cgroup_remove(int parent, const char *name);

#endif
