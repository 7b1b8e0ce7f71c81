/* SPDX-License-Identifier: MIT */
/* The subreaper's parts that the cgroup and pgroup cages build on. */
#ifndef JIG_CAGE_SUBREAPER_H
#define JIG_CAGE_SUBREAPER_H

#include "cage/cage.h"

/** All descendants of cage->reaper; @context is the cage. For sweeps. */
int subreaper_members(void *context, struct list *ret);

/** Kill children, from the fourth round on stop-sweep the whole tree. */
int subreaper_kill(struct cage *cage, unsigned round);

/** Add to @found those that bear the cage's brand and are no descendants any
 * more; none before subreaper_has_strays() has seen one. */
int subreaper_add_strays(const struct cage *cage, struct list *found);

/** For cage_ops.holds: whether it is such a process. */
int subreaper_holds_stray(const struct cage *cage, const struct proc_stat *now);

/** Stop-sweep @members, of which some are strays. @return how many. */
int subreaper_kill_strays(struct cage *cage,
			  int (*members)(void *context, struct list *ret));

/**
 * Look for strays, after ECHILD. @return 1: there are some; 0: no process bears
 * the brand, or the cage has none; -errno: it is not known.
 */
int subreaper_has_strays(struct cage *cage);

/** Make the calling process a child subreaper. */
int subreaper_enter(struct cage *cage, struct fault *fault);

#endif
