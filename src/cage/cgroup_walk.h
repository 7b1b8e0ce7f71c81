/* SPDX-License-Identifier: MIT */
/*
 * A walk through a cgroup directory and all below it, however deep and wide.
 *
 * Invariant: no recursion and no limit of depth; at most three descriptors are
 * open, and memory is that of the names beside the way. A cgroup that vanishes
 * meanwhile is passed over: nothing was in it. Any other error ends the walk.
 */
#ifndef JIG_CAGE_CGROUP_WALK_H
#define JIG_CAGE_CGROUP_WALK_H

struct cgroup_visitor {
	/** Each directory, parents first; may be NULL. @return 0 or -errno. */
	int (*enter)(int dir, void *context);
	/** Each but the first, children first; may be NULL. */
	int (*leave)(int parent, const char *name, void *context);
	void *context;
};

/** @return 0, or -errno: not all of it was visited. */
int cgroup_walk(int top, const struct cgroup_visitor *visitor);

#endif
