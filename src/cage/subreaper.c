// SPDX-License-Identifier: MIT
/*
 * The subreaper cage: PR_SET_CHILD_SUBREAPER (Linux 3.4, prctl(2)) before the
 * first spawn, so that every orphan comes to the supervisor and
 * waitid(P_ALL) → ECHILD proves that no descendant is left.
 *
 * With one exception: if a descendant enters a pid namespace that existed
 * before (nsenter, podman exec), the init of that namespace adopts the orphans
 * that it leaves there. They still have the cage's brand: so after ECHILD we
 * look for processes with the brand. If there are any, they are members like
 * others, and the cage is not reported as proved empty.
 */
#include "cage/subreaper.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cage/brand.h"
#include "cage/kin.h"
#include "cage/registry.h"
#include "cage/sweep.h"
#include "proc/aside.h"
#include "proc/procfs.h"

/* Rounds that just kill children, before the costly stop-sweep. */
#define CHEAP_ROUNDS 3

/* Our children of proc/aside.h do not belong to the fixture. */
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

/* The sweep's context is the cage. */
static int subreaper_confirm(void *context, struct descent *descent,
			     const struct proc_stat *now)
{
	return cage_confirm(context, descent, now);
}

static bool subreaper_is_ours(pid_t child, const void *context)
{
	return kin_judge(context, child) == KIN_OURS;
}

int subreaper_kill(struct cage *cage, unsigned round)
{
	const struct kin *kin = cage->kin;
	struct sweep sweep = { cage->procfd,
			       kin ? kin_members : subreaper_members, cage,
			       kin ? kin_confirm : subreaper_confirm };
	size_t deep = 0, children = 0;
	int r;

	/* For most fixtures it is enough to kill children and reap. What is
	 * left after some rounds is deep, or resists. */
	if (round >= CHEAP_ROUNDS && cage->procfd >= 0)
		(void)sweep_stop_and_kill(&sweep, &deep); /* Children follow. */
	r = sweep_kill_children(cage->procfd, cage->session,
				kin ? subreaper_is_ours : NULL, kin, &children);
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
	/* Without a brand or a registry the cage works, too; only clearing it
	 * after guard and supervisor were both killed does not. */
	cage->brand = brand_new();
	if (cage->brand)
		(void)registry_enter(cage);
	return 0;
}

int subreaper_holds_stray(const struct cage *cage, const struct proc_stat *now)
{
	uint64_t brand;
	int r = cage->strayed ? brand_of(cage->procfd, now->pid, &brand)
			      : -ESRCH;

	if (r < 0)
		return r == -ESRCH ? 0 : r;
	return brand == cage->brand;
}

/* Those of @more that are not in @found. */
static int append_new(struct list *found, const struct list *more)
{
	size_t own = found->count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < more->count; i++) {
		const struct proc_stat *stat = list_at(more, i, sizeof(*stat));
		bool known = false;

		for (size_t j = 0; j < own && !known; j++) {
			const struct proc_stat *items = found->items;

			known = items[j].pid == stat->pid;
		}
		if (!known)
			r = list_append(found, stat, sizeof(*stat));
	}
	return r;
}

int subreaper_add_strays(const struct cage *cage, struct list *found)
{
	CLEANUP(list_free) struct list bearers = { 0 };
	int r = cage->strayed ? brand_list(cage->procfd, cage->brand, &bearers)
			      : 0;
	int s = append_new(found, &bearers);

	return r < 0 ? r : s;
}

int subreaper_kill_strays(struct cage *cage,
			  int (*members)(void *context, struct list *ret))
{
	struct sweep sweep = { cage->procfd, members, cage,
			       cage->kin ? kin_confirm : subreaper_confirm };
	size_t strays = 0;

	if (cage->strayed)
		(void)sweep_stop_and_kill(&sweep, &strays); /* Repeated. */
	return (int)strays;
}

int subreaper_has_strays(struct cage *cage)
{
	int64_t age_us = clock_us() - cage->opened_us;
	int r;

	if (!cage->brand || cage->procfd < 0)
		return 0;
	r = brand_is_borne(cage->procfd, cage->brand, cage->main, age_us);
	cage->strayed |= r == 1;
	return r;
}

/* For a sweep, whose context is the cage. */
static int members_and_strays(void *context, struct list *ret)
{
	struct cage *cage = context;
	struct list found = { 0 };
	int r = cage->kin ? kin_members(cage, &found)
			  : subreaper_members(cage, &found);
	int s = subreaper_add_strays(cage, &found);

	*ret = found;
	return r < 0 ? r : s;
}

static int subreaper_list(struct cage *cage, struct list *ret)
{
	return members_and_strays(cage, ret);
}

static int subreaper_kill_all(struct cage *cage, unsigned round)
{
	int strays = subreaper_kill_strays(cage, members_and_strays);
	int killed = subreaper_kill(cage, round);

	return killed > strays ? killed : strays;
}

/* The caller's waitid has given ECHILD before. */
static int subreaper_is_empty(struct cage *cage)
{
	return subreaper_has_strays(cage) == 0;
}

const struct cage_ops cage_subreaper = {
	.kind = JIG_CAGE_SUBREAPER,
	.strength = CAGE_CONTAINED,
	.subreaper = true,
	.open = open_subreaper,
	.enter = subreaper_enter,
	.members = subreaper_list,
	.holds = subreaper_holds_stray,
	.kill = subreaper_kill_all,
	.is_empty = subreaper_is_empty,
	.remove = registry_leave,
};
