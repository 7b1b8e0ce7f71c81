// SPDX-License-Identifier: MIT
#include "cage/kin.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cage/brand.h"
#include "proc/aside.h"
#include "proc/procfs.h"

static bool kin_is_excepted(pid_t pid, const pid_t *except, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (except[i] == pid)
			return true;
	return false;
}

int kin_note_strangers(struct kin *kin, const pid_t *except, size_t count)
{
	CLEANUP(list_free) struct list children = { 0 };
	int r = procfs_children(kin->cage->procfd, &children);

	for (size_t i = 0; r == 0 && i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (!kin_is_excepted(pid, except, count) && !aside_is(pid) &&
		    !list_has(&kin->strangers, &pid, sizeof(pid)))
			r = list_append(&kin->strangers, &pid, sizeof(pid));
	}
	return r;
}

void kin_forget(struct kin *kin, pid_t pid)
{
	size_t kept = 0, before = kin->strangers.count;

	for (size_t i = 0; i < kin->strangers.count; i++) {
		pid_t one = *(pid_t *)list_at(&kin->strangers, i, sizeof(one));

		if (one != pid)
			memcpy(list_at(&kin->strangers, kept++, sizeof(one)),
			       &one, sizeof(one));
	}
	kin->strangers.count = kept;
	kin->unsettled |= kept < before;
}

static bool is_older(const struct kin *kin, pid_t child)
{
	struct proc_stat stat;

	return kin->supervisor_ticks > 0 && kin->cage->procfd >= 0 &&
	       stat_read(kin->cage->procfd, child, &stat) == 0 &&
	       stat.start_ticks < kin->supervisor_ticks;
}

static bool is_in_cage(const struct cage *cage, pid_t child)
{
	const struct proc_stat stat = { .pid = child };

	return cage->ops->kind == JIG_CAGE_CGROUP && cage->procfd >= 0 &&
	       cage->ops->holds(cage, &stat) == 1;
}

/* A guard of --with became a subreaper before its first fork, so it keeps its
 * orphans as long as it lives. */
static bool keeps_orphans(const struct kin *kin, pid_t stranger)
{
	struct proc_stat stat;

	return kin->guards &&
	       list_has(kin->guards, &stranger, sizeof(stranger)) &&
	       stat_read(kin->cage->procfd, stranger, &stat) == 0 &&
	       !stat_is_dead(&stat);
}

/* Judge a child that was adopted before this call. */
static bool has_strangers_orphans(const struct kin *kin)
{
	if (getpid() == 1 || kin->unsettled || !kin->guards)
		return true;
	for (size_t i = 0; i < kin->strangers.count; i++)
		if (!keeps_orphans(kin, *(pid_t *)list_at(&kin->strangers, i,
							  sizeof(pid_t))))
			return true;
	return false;
}

static enum kin_verdict judge_unbranded(const struct kin *kin, pid_t child,
					uint64_t limit)
{
	uint64_t own;

	if (!has_strangers_orphans(kin))
		return aside_is(child) ? KIN_STRANGER : KIN_OURS;
	if (!kin->cage->brand)
		return KIN_UNKNOWN;
	/* Except for root, limits only fall: this process never had a limit as
	 * low as the cage's. */
	if (geteuid() != 0 && (!limit || limit > kin->cage->brand))
		return KIN_STRANGER;
	return brand_of(kin->cage->procfd, getpid(), &own) == 0 && own == limit
		       ? KIN_PROBABLY_STRANGER
		       : KIN_UNKNOWN;
}

enum kin_verdict kin_judge(const struct kin *kin, pid_t child)
{
	const struct cage *cage = kin->cage;
	uint64_t brand;

	/* No member falls to us from below the init of a pid namespace. */
	if (cage->ops->own_pids ||
	    list_has(&kin->strangers, &child, sizeof(child)) ||
	    is_older(kin, child))
		return KIN_STRANGER;
	if (is_in_cage(cage, child))
		return KIN_OURS;
	if (brand_of(cage->procfd, child, &brand) < 0)
		return KIN_UNKNOWN;
	if (brand_is_valid(brand) &&
	    (brand == cage->brand ||
	     list_has(&kin->brands, &brand, sizeof(brand))))
		return KIN_OURS;
	return judge_unbranded(kin, child, brand);
}

/* Our children that belong to the cage: a list of pid_t. */
static int list_ours(const struct kin *kin, struct list *ret)
{
	CLEANUP(list_free) struct list children = { 0 };
	int r = procfs_children(kin->cage->procfd, &children);

	for (size_t i = 0; r == 0 && i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (kin_judge(kin, pid) == KIN_OURS)
			r = list_append(ret, &pid, sizeof(pid));
	}
	return r;
}

static int append_tree(int procfd, pid_t root, struct list *ret)
{
	CLEANUP(list_free) struct list below = { 0 };
	struct proc_stat stat;
	int r = stat_read(procfd, root, &stat);

	if (r == 0)
		r = list_append(ret, &stat, sizeof(stat));
	if (r == 0)
		r = procfs_tree(procfd, root, &below);
	for (size_t i = 0; r == 0 && i < below.count; i++)
		r = list_append(ret, list_at(&below, i, sizeof(stat)),
				sizeof(stat));
	return r;
}

int kin_members(void *context, struct list *ret)
{
	const struct cage *cage = context;
	CLEANUP(list_free) struct list ours = { 0 };
	struct list found = { 0 };
	int r = cage->procfd < 0 ? -ENOENT : list_ours(cage->kin, &ours);

	for (size_t i = 0; r == 0 && i < ours.count; i++)
		r = append_tree(cage->procfd,
				*(pid_t *)list_at(&ours, i, sizeof(pid_t)),
				&found);
	*ret = found;
	return r;
}

static bool is_our_child(const struct proc_stat *stat, const void *context)
{
	return stat->ppid == getpid() &&
	       kin_judge(context, stat->pid) == KIN_OURS;
}

int kin_confirm(void *context, struct descent *descent,
		const struct proc_stat *now)
{
	const struct cage *cage = context;

	if (is_our_child(now, cage->kin))
		return 1;
	descent->is_known = is_our_child;
	descent->context = cage->kin;

	int r = descent_confirm(descent, now);

	return r != 1 && cage->ops->holds && cage->ops->holds(cage, now) == 1
		       ? 1
		       : r;
}

static void learn_one(struct kin *kin, const struct proc_stat *stat)
{
	uint64_t brand;

	/* Another one, lower than the cage's: of a jig inside of it. */
	if (brand_of(kin->cage->procfd, stat->pid, &brand) == 0 &&
	    brand_is_valid(brand) && brand < kin->cage->brand &&
	    !list_has(&kin->brands, &brand, sizeof(brand)))
		(void)list_append(&kin->brands, &brand,
				  sizeof(brand)); /* Else: KIN_UNKNOWN. */
}

void kin_learn(struct kin *kin)
{
	struct cage cage = *kin->cage;
	CLEANUP(list_free) struct list found = { 0 };

	cage.kin = kin;
	(void)kin_members(&cage, &found); /* Use what was found. */
	for (size_t i = 0; i < found.count; i++)
		learn_one(kin, list_at(&found, i, sizeof(struct proc_stat)));
}

void kin_free(struct kin *kin)
{
	list_free(&kin->strangers);
	list_free(&kin->brands);
}
