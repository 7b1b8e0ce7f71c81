/* SPDX-License-Identifier: MIT */
/* The subreaper's parts that the cgroup and pgroup cages build on. */
#ifndef JIG_CAGE_SUBREAPER_H
#define JIG_CAGE_SUBREAPER_H

#include "cage/cage.h"

/** All descendants of cage->reaper; @context is the cage. For sweeps. */
int subreaper_members(void *context, struct list *ret);

/** Kill children, from the fourth round on stop-sweep the whole tree. */
int subreaper_kill(struct cage *cage, unsigned round);

/** Make the calling process a child subreaper. */
int subreaper_enter(struct cage *cage, struct fault *fault);

#endif
