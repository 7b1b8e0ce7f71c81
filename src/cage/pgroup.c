// SPDX-License-Identifier: MIT
/*
 * The process group cage: killpg(2) on the group that the main process leads.
 *
 * For comparison and for odd systems: a process that calls setsid(2) or
 * setpgid(2) leaves the cage. The group's number stays ours because the
 * supervisor does not reap the leader before the group is ended (bazel#11910).
 */
#include <errno.h>
#include <signal.h>

#include "cage/cage.h"
#include "cage/registry.h"
#include "cage/subreaper.h"
#include "proc/procfs.h"

static int open_pgroup(struct cage *cage, struct fault *fault)
{
	return cage_subreaper.open(cage, fault);
}

static int pgroup_enter(struct cage *cage, struct fault *fault)
{
	(void)cage;
	(void)fault;
	return 0;
}

static bool pgroup_is_inside(const struct proc_stat *stat, const void *context)
{
	return stat->pgid == *(const pid_t *)context;
}

static int pgroup_members(struct cage *cage, struct list *ret)
{
	if (cage->procfd < 0)
		return -ENOENT;
	if (cage->main <= 0) /* Group 0 is of the kernel's threads, and init. */
		return 0;
	return procfs_select(cage->procfd, pgroup_is_inside, &cage->main, ret);
}

static int pgroup_holds(const struct cage *cage, const struct proc_stat *now)
{
	return cage->main > 0 && pgroup_is_inside(now, &cage->main);
}

static int kill_group(struct cage *cage, unsigned round)
{
	(void)round;
	if (cage->main <= 0)
		return 0;
	if (kill(-cage->main, SIGKILL) < 0)
		return errno == ESRCH ? 0 : -errno;
	return CAGE_ALL;
}

static int pgroup_is_empty(struct cage *cage)
{
	CLEANUP(list_free) struct list found = { 0 };

	/* Without /proc the leader is all that is known of it, and this cage
	 * is never said to be proved empty. Any other error: not known. */
	if (cage->procfd < 0)
		return 1;
	return pgroup_members(cage, &found) == 0 && !procfs_any_alive(&found);
}

const struct cage_ops cage_pgroup = {
	.kind = JIG_CAGE_PGROUP,
	.strength = CAGE_MAY_ESCAPE,
	.open = open_pgroup,
	.enter = pgroup_enter,
	.members = pgroup_members,
	.holds = pgroup_holds,
	.kill = kill_group,
	.is_empty = pgroup_is_empty,
	.remove = registry_leave,
};
