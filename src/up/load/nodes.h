/* SPDX-License-Identifier: MIT */
/*
 * `replicas: nodes`: one instance on each node of the allocation of Slurm in
 * which we run.
 *
 * Invariant: afterwards each service has a number of instances, and if it has
 * nodes, one for each instance.
 *
 * What does not belong here: a list of nodes in the file (up/files).
 */
#ifndef JIG_UP_LOAD_NODES_H
#define JIG_UP_LOAD_NODES_H

#include "up/project/project.h"

/**
 * Find the nodes, by `scontrol show hostnames`, if a service needs them.
 * @jig    the jig program.
 * @return 0; -EINVAL with the reason: there is no allocation, or a service has
 *         more instances than nodes; or -errno with the reason.
 */
int nodes_find(const char *jig, struct project *project, struct fault *fault);

/** Without an allocation: one instance, for an export. */
void nodes_leave_out(struct project *project);

#endif
