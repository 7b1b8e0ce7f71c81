/* SPDX-License-Identifier: MIT */
/*
 * Limits on a whole cage: memory.max, pids.max and cpu.max of cgroup v2.
 *
 * They need the controllers in the cage's parent, and a parent with enabled
 * controllers may hold no process itself (cgroups(7), "no internal processes"),
 * the real root excepted. So the parent is one of: our own cgroup, where
 * they are enabled or can be; or a scope that a systemd manager makes for us.
 */
#ifndef JIG_CAGE_CGROUP_LIMITS_H
#define JIG_CAGE_CGROUP_LIMITS_H

#include "cage/cage.h"

/**
 * Find or make a parent that has the controllers; cage->parent stays -1 where
 * no limit was requested and our own cgroup serves.
 * @return  0, or -ENOTSUP with the reason.
 */
int cgroup_limits_host(struct cage *cage, struct fault *fault);

/** Write the limits to cage->dir. @return 0 or -errno with the reason. */
int cgroup_limits_apply(struct cage *cage, struct fault *fault);

#endif
