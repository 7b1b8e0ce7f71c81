// SPDX-License-Identifier: MIT
/*
 * The subreaper cage: PR_SET_CHILD_SUBREAPER (Linux 3.4, prctl(2)) before the
 * first spawn, so that every orphan comes to the supervisor and
 * waitid(P_ALL) → ECHILD proves that no descendant is left.
 */
#include "cage/subreaper.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cage/brand.h"
#include "cage/registry.h"
#include "cage/sweep.h"
#include "proc/aside.h"
#include "proc/procfs.h"

/* Rounds that just kill children, before the costly stop-sweep. */
#define CHEAP_ROUNDS 3

/* What makes calls in our place is no process of the fixture. */
static void leave_asides_out(struct list *members)
{
	struct proc_stat *stats = members->items;
	size_t kept = 0;

	for (size_t i = 0; i < members->count; i++)
		if (stats[i].ppid != getpid() || !aside_is(stats[i].pid))
			stats[kept++] = stats[i];
	members->count = kept;
}

int subreaper_members(void *context, struct list *ret)
{
	const struct cage *cage = context;
	int r = cage->procfd < 0 ? -ENOENT
				 : procfs_tree(cage->procfd, cage->reaper, ret);

	if (r == 0 && cage->reaper == getpid())
		leave_asides_out(ret);
	return r;
}

int subreaper_kill(struct cage *cage, unsigned round)
{
	struct sweep sweep = { cage->procfd, subreaper_members, cage };
	size_t deep = 0, children = 0;
	int r;

	/* Most fixtures are ended by killing children and reaping. Who is
	 * still there after some rounds is deep, or fights back. */
	if (round >= CHEAP_ROUNDS && cage->procfd >= 0 && !cage->strangers)
		(void)sweep_stop_and_kill(&sweep, &deep); /* Children follow. */
	r = sweep_kill_children(cage->procfd, cage->strangers, &children);
	if (r < 0 && deep + children == 0)
		return r;
	return (int)(deep > children ? deep : children);
}

int subreaper_enter(struct cage *cage, struct fault *fault)
{
	(void)cage;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return fault_set(fault, -errno,
				 "cannot become a child subreaper: %s",
				 strerror(errno));
	return 0;
}

static int open_subreaper(struct cage *cage, struct fault *fault)
{
	(void)fault;
	/* Without a brand or a registry the cage holds all the same; only
	 * clearing it after guard and supervisor were both killed does not. */
	cage->brand = brand_new();
	if (cage->brand && registry_enter(cage) < 0)
		cage->brand = 0;
	return 0;
}

static int members(struct cage *cage, struct list *ret)
{
	return subreaper_members(cage, ret);
}

/* The caller's waitid has said ECHILD already: that is this cage's proof. */
static int is_empty(struct cage *cage)
{
	(void)cage;
	return 1;
}

const struct cage_ops cage_subreaper = {
	.kind = CAGE_SUBREAPER,
	.strength = CAGE_CONTAINED,
	.name = "subreaper",
	.subreaper = true,
	.open = open_subreaper,
	.enter = subreaper_enter,
	.members = members,
	.kill = subreaper_kill,
	.is_empty = is_empty,
	.remove = registry_leave,
};
