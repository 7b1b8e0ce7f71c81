// SPDX-License-Identifier: MIT
/*
 * The cgroup cage: a cgroup v2 directory below our own, and the subreaper.
 *
 * The cgroup names and ends every member at once, other users' too; the
 * subreaper holds processes that moved themselves out of the cgroup. The cage
 * is empty when both say so: ECHILD and `populated 0`; and no process has its
 * brand, see subreaper.c: one that has moved out may also have entered a pid
 * namespace that existed before.
 *
 * The directory's name holds the brand, so that the next jig finds those that
 * have moved out of an abandoned cage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file/lock.h"
#include "base/retry.h"
#include "base/sys.h"
#include "cage/brand.h"
#include "cage/cgroup.h"
#include "cage/cgroup_dir.h"
#include "cage/cgroup_limits.h"
#include "cage/registry.h"
#include "cage/scope.h"
#include "cage/subreaper.h"
#include "proc/pids.h"
#include "proc/procfs.h"

/* Set in a name's number that is no brand, see brand_is_valid(). */
#define NO_BRAND (1ULL << 63)

/* Of making a directory that another jig takes for abandoned. */
#define TRIES 8

/* Time limit for the end of what was killed in abandoned cages. */
#define CLEAR_US 2000000

/* Make and lock the directory. @return -EAGAIN: another jig has taken it for
 * abandoned between the two, and removes it. */
static int make_directory(struct cage *cage)
{
	if (mkdirat(cage->parent, cage->name, 0755) < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	CLEANUP_CLOSE int dir =
		RETRY(openat(cage->parent, cage->name,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (dir < 0) {
		int error = errno;

		(void)cgroup_remove(cage->parent, cage->name);
		return error == ENOENT ? -EAGAIN : -error;
	}
	if (lock_take(dir, 0) < 0 ||
	    !lock_has_name(dir, cage->parent, cage->name))
		return -EAGAIN;
	cage->dir = take_fd(&dir);
	return 0;
}

/*
 * A directory that can be created here may still refuse every process. Find
 * that out now, while a weaker cage can be taken.
 *   - To move a process into it, or to create one in it, takes write access to
 *     the cgroup.procs of the common ancestor, which is our own cgroup
 *     (cgroups(7)).
 *   - Below a threaded cgroup, or a thread root, only threads may live.
 */
static int check_parent(int parent, struct fault *fault)
{
	char type[32];

	if (faccessat(parent, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return fault_set(fault, -errno,
				 "our own cgroup's cgroup.procs is not "
				 "writable: %s",
				 strerror(errno));
	/* The hierarchy's root has no such file, and is a domain. */
	if (fd_read_record(parent, "cgroup.type", type, sizeof(type)) < 0 ||
	    strcmp(type, "domain\n") == 0)
		return 0;
	type[strcspn(type, "\n")] = '\0';
	return fault_set(fault, -EOPNOTSUPP,
			 "our own cgroup is '%s': processes cannot live below "
			 "it (cgroups(7), thread mode)",
			 type);
}

static bool is_denied(int error)
{
	return error == -EACCES || error == -EPERM || error == -EROFS;
}

/* Not for `auto`: a scope takes the command out of its login session, which it
 * can see, and costs a round trip. */
static int ask_scope(struct cage *cage, int denied, struct fault *fault)
{
	struct fault own = { "" };

	cleanup_close(&cage->parent);
	cage->parent = scope_make(cage->procfd, &own);
	if (cage->parent < 0)
		return fault_set(fault, -ENOTSUP,
				 "our own cgroup is not writable: %s; and %s",
				 strerror(-denied), own.text);
	cage->scoped = true;
	return 0;
}

static int cgroup_open_parent(struct cage *cage, struct fault *fault)
{
	int r = cgroup_limits_host(cage, fault);

	if (r < 0)
		return r;
	if (cage->parent < 0)
		cage->parent = cgroup_open_own(cage->procfd, fault);
	if (cage->parent < 0)
		return cage->parent;
	r = check_parent(cage->parent, fault);
	if (is_denied(r) && !cage->automatic)
		r = ask_scope(cage, r, fault);
	return r;
}

/* Without a brand: a number that is not a brand. It is no secret: without
 * randomness the pid alone is unique enough. */
static uint64_t new_number(void)
{
	return sys_random(0) | NO_BRAND;
}

/* Under a name of its own, which stands in the registry: the next jig does not
 * look into a scope of systemd. */
static int name_and_make(struct cage *cage)
{
	int r = -EAGAIN;

	/* A jig that takes it for abandoned also ends the bearers of its brand:
	 * each try has a new one. */
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		registry_leave(cage);
		cleanup_close(&cage->registry);
		cleanup_close(&cage->lock);
		cage->brand = brand_new();
		registry_name(cage, cage->brand ? cage->brand : new_number());
		if (cage->scoped && cage->brand)
			(void)registry_enter(
				cage); /* The cage works without it. */
		r = make_directory(cage);
	}
	return r;
}

static int open_cgroup(struct cage *cage, struct fault *fault)
{
	int r;

	if (cage->procfd < 0)
		return fault_set(fault, -ENOTSUP, "there is no /proc");
	r = cgroup_open_parent(cage, fault);
	if (r < 0)
		return r;
	r = name_and_make(cage);
	if (is_denied(r) && !cage->automatic && !cage->scoped) {
		r = ask_scope(cage, r, fault);
		if (r < 0)
			return r;
		r = name_and_make(cage);
	}
	if (r < 0)
		return fault_set(fault, r,
				 "cannot make a cgroup below our own: %s",
				 strerror(-r));
	return cgroup_limits_apply(cage, fault);
}

/* Whether it was born into it, and has not moved out; or is a stray. */
static int cgroup_cage_holds(const struct cage *cage,
			     const struct proc_stat *now)
{
	int r = cgroup_holds(cage->dir, cage->name, cage->procfd, now->pid);

	return r == 0 ? subreaper_holds_stray(cage, now) : r;
}

static int list_pids(const struct list *stats, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < stats->count; i++) {
		const struct proc_stat *stat = list_at(stats, i, sizeof(*stat));

		r = list_append(ret, &stat->pid, sizeof(stat->pid));
	}
	pids_sort(ret);
	return r;
}

/* @return 0, also when it has ended, is hidden or is not a member; -errno: it
 * may be one. */
static int add_member(const struct cage *cage, pid_t pid, struct list *found)
{
	struct proc_stat stat;
	int r = stat_read(cage->procfd, pid, &stat);

	if (r == 0)
		r = cgroup_cage_holds(cage, &stat);
	if (r == 1)
		r = list_append(found, &stat, sizeof(stat));
	return stat_is_absent(r) ? 0 : r;
}

/* Members that a foreign parent has adopted: those that are not yet @found. */
static int add_foreign(const struct cage *cage, struct list *found)
{
	CLEANUP(list_free) struct list pids = { 0 }, known = { 0 };
	int r = list_pids(found, &known);

	if (r == 0)
		r = cgroup_pids(cage->dir, &pids);
	/* One that cannot be read must not hide the others. */
	for (size_t i = 0; i < pids.count; i++) {
		pid_t pid = *(pid_t *)list_at(&pids, i, sizeof(pid));
		int s = pids_find(&known, known.count, pid)
				? 0
				: add_member(cage, pid, found);

		if (s < 0 && r == 0)
			r = s;
	}
	return r;
}

/* If one half cannot be listed, the other one still counts. */
static int cgroup_members(struct cage *cage, struct list *ret)
{
	struct list found = { 0 };
	int r = subreaper_members(cage, &found);
	int s = add_foreign(cage, &found);
	int t = subreaper_add_strays(cage, &found);

	*ret = found;
	return r < 0 ? r : s < 0 ? s : t;
}

/* For a sweep, whose context is the cage. */
static int cgroup_list_members(void *context, struct list *ret)
{
	return cgroup_members(context, ret);
}

static int kill_cgroup(struct cage *cage, unsigned round)
{
	int r = cgroup_end(cage->dir, cage->name, cage->procfd);
	int strays = subreaper_kill_strays(cage, cgroup_list_members);
	/* A process that moved out is still our descendant. In the first
	 * round the children that we see are dying already. */
	int s = round > 0 ? subreaper_kill(cage, round) : CAGE_ALL;

	if (r < 0 && round == 0)
		return r;
	return s > strays ? s : strays;
}

static int cgroup_cage_is_empty(struct cage *cage)
{
	int strays;

	/* Not known is not empty. */
	if (cgroup_is_empty(cage->dir) != 1)
		return 0;
	/* The control group and ECHILD have spoken. Without descriptors nothing
	 * more can be learned, so we do not wait, but claim no proof. */
	strays = subreaper_has_strays(cage);
	cage->unchecked = strays < 0;
	return strays != 1;
}

static void remove_cgroup(struct cage *cage)
{
	registry_leave(cage);
	if (cage->dir < 0)
		return;
	/* After the last exit rmdir may still say EBUSY for a moment. */
	if (cgroup_remove(cage->parent, cage->name) == -EBUSY &&
	    cgroup_wait_empty(cage->dir, 1000) == 0)
		(void)cgroup_remove(cage->parent, cage->name);
}

/* They end from any pid namespace. */
static bool has_members(int entry)
{
	return cgroup_is_empty(entry) == 0;
}

struct clearing {
	const struct cage *cage;
	int64_t until_us; /* to wait for the dying, all together */
};

/* Locked by us, so no jig is about to move in. */
static void clear_directories(struct registry_batch *batch, void *context)
{
	const struct clearing *clearing = context;
	int procfd = clearing->cage->procfd;

	for (size_t i = 0; i < batch->count; i++) {
		const struct registry_entry *entry = &batch->entries[i];

		if (has_members(entry->fd))
			(void)cgroup_end(entry->fd, entry->name, procfd);
	}
	/* Those that moved out. The directory is removed after that: else the
	 * next jig would not look for them, if we are ended here. It stays
	 * while processes may have the brand. */
	(void)registry_end_bearers(procfd, batch);
	for (size_t i = 0; i < batch->count; i++) {
		const struct registry_entry *entry = &batch->entries[i];
		int64_t left = clearing->until_us - clock_us();

		/* Survivors keep it for the next jig. */
		if (!entry->brand &&
		    cgroup_wait_empty(entry->fd,
				      left > 0 ? (int)(left / 1000) : 0) == 0)
			(void)cgroup_remove(batch->parent, entry->name);
	}
}

/* The directory where our cgroups stand. @opened  gets it if it is not the
 * cage's, for the caller to close. */
static int parent_of(const struct cage *cage, int *opened)
{
	if (cage->ops == &cage_cgroup)
		return cage->parent;
	*opened = cgroup_open_own(cage->procfd, NULL);
	return *opened;
}

static const char *cgroup_own_name(const struct cage *cage)
{
	return cage->ops == &cage_cgroup ? cage->name : NULL;
}

bool cgroup_has_abandoned(const struct cage *cage)
{
	CLEANUP_CLOSE int opened = -1;
	int parent = parent_of(cage, &opened);

	return registry_has_abandoned(cage->procfd, parent,
				      cgroup_own_name(cage), has_members);
}

void cgroup_clear_abandoned(const struct cage *cage)
{
	struct clearing clearing = { cage, clock_in_us(CLEAR_US) };
	CLEANUP_CLOSE int opened = -1;
	int parent = parent_of(cage, &opened);

	if (parent >= 0)
		(void)registry_each_abandoned(cage->procfd, parent,
					      cgroup_own_name(cage),
					      has_members, clear_directories,
					      &clearing);
}

const struct cage_ops cage_cgroup = {
	.kind = JIG_CAGE_CGROUP,
	.strength = CAGE_CONTAINED,
	.subreaper = true,
	.open = open_cgroup,
	.enter = subreaper_enter,
	.members = cgroup_members,
	.holds = cgroup_cage_holds,
	.kill = kill_cgroup,
	.is_empty = cgroup_cage_is_empty,
	.remove = remove_cgroup,
};
