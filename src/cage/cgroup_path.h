/* SPDX-License-Identifier: MIT */
/*
 * Where our own cgroup v2 directory is, see cgroups(7).
 *
 * Pure functions over the texts of /proc/self/cgroup and /proc/self/mountinfo
 * (proc_pid_mountinfo(5)): never a fixed path, since hybrid hosts mount v2
 * beside v1 and containers mount a part of the tree.
 */
#ifndef JIG_CAGE_CGROUP_PATH_H
#define JIG_CAGE_CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Our path in the v2 hierarchy: the line `0::/path` (v1 lines are skipped).
 * @return  0; -ENOENT without such a line; -ENAMETOOLONG.
 */
int cgroup_parse_own(const char *text, char *ret, size_t size);

/**
 * The same in place: *ret points into @text, where a NUL ends it.
 * @return  0, or -ENOENT.
 */
int cgroup_find_own(char *text, const char **ret);

/**
 * Whether the v2 line of a /proc/PID/cgroup has a cgroup of this name on its
 * path.
 */
bool cgroup_path_has(const char *text, const char *name);

/**
 * The directory at which @own is visible: of all mounts of cgroup2 the last
 * one whose root is @own or lies above it.
 * @return  0; -ENOENT when v2 is not mounted; -EXDEV when no mount shows @own.
 */
int cgroup_parse_mounts(const char *text, const char *own, char *ret,
			size_t size);

#endif
