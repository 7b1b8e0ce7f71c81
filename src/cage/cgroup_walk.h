/* SPDX-License-Identifier: MIT */
/*
 * A walk through a cgroup directory and all directories below it.
 *
 * Invariant: no recursion and no limit of depth. At most three descriptors are
 * open, and memory holds only the names of siblings on the current path. A
 * cgroup that is removed meanwhile is skipped, because it was empty. Any other
 * error ends the walk.
 */
#ifndef JIG_CAGE_CGROUP_WALK_H
#define JIG_CAGE_CGROUP_WALK_H

struct cgroup_visitor {
	/** For each directory, parents first; may be NULL. @return 0 or -errno.
	 */
	int (*enter)(int dir, void *context);
	/** For each except the first, children first; may be NULL. */
	int (*leave)(int parent, const char *name, void *context);
	void *context;
};

/** @return 0, or -errno: not every directory was visited. */
int cgroup_walk(int top, const struct cgroup_visitor *visitor);

#endif
