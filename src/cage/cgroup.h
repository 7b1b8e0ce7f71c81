/* SPDX-License-Identifier: MIT */
/* The parts of the cgroup cage that need no cgroup cage. */
#ifndef JIG_CAGE_CGROUP_H
#define JIG_CAGE_CGROUP_H

#include "cage/cage.h"

/** Whether there can be an abandoned cage beside @cage: cheap. */
bool cgroup_has_abandoned(const struct cage *cage);

/** End and remove abandoned cages below @cage's parent, or our own cgroup. */
void cgroup_clear_abandoned(const struct cage *cage);

#endif
