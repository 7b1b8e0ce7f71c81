// SPDX-License-Identifier: MIT
/*
 * The cgroup cage: a cgroup v2 directory below our own, and the subreaper.
 *
 * The cgroup names and ends every member at once, other users' too; the
 * subreaper holds those who moved themselves out of it. Empty means that both
 * say so: ECHILD and `populated 0`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cage/brand.h"
#include "cage/cgroup.h"
#include "cage/cgroup_dir.h"
#include "cage/cgroup_limits.h"
#include "cage/registry.h"
#include "cage/scope.h"
#include "cage/subreaper.h"
#include "proc/procfs.h"

/*
 * Make and lock the directory. Between the two another jig may take it for
 * abandoned and remove it; then the name is gone and we make it again.
 */
static int make_directory(struct cage *cage)
{
	for (int i = 0; i < 8; i++) {
		struct stat st;

		if (mkdirat(cage->parent, cage->name, 0755) < 0 &&
		    errno != EEXIST)
			return -errno;
		CLEANUP_CLOSE int dir =
			openat(cage->parent, cage->name,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (fstatat(cage->parent, cage->name, &st,
			    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		cage->dir = take_fd(&dir);
		return 0;
	}
	return -EBUSY;
}

/*
 * A directory may be made here and still nobody may enter it: that is told
 * now, while a weaker cage can be taken.
 *   - Who is moved or born into it needs write access to the cgroup.procs of
 *     the common ancestor, which is our own cgroup (cgroups(7)).
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
	if (fd_read_file(parent, "cgroup.type", type, sizeof(type)) < 0 ||
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

/*
 * A scope of systemd's is none of the next jig's cgroups: it would not look
 * into it. So its members bear a brand, and its name stands in the registry.
 */
static void brand_scope(struct cage *cage, uint64_t *name)
{
	cage->brand = brand_new();
	if (!cage->brand)
		return;
	*name = cage->brand;
	if (registry_enter(cage) < 0) /* The cage holds all the same. */
		cage->brand = 0;
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

static int open_parent(struct cage *cage, struct fault *fault)
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

/* Under a name of its own; in a scope under that of its brand. */
static int name_and_make(struct cage *cage)
{
	uint64_t name = 0;

	/* Not a secret: without randomness the pid alone is unique enough. */
	(void)getrandom(&name, sizeof(name), GRND_NONBLOCK);
	if (cage->scoped)
		brand_scope(cage, &name);
	registry_name(name, cage->name, sizeof(cage->name));
	return make_directory(cage);
}

static int open_cgroup(struct cage *cage, struct fault *fault)
{
	int r;

	if (cage->procfd < 0)
		return fault_set(fault, -ENOTSUP, "there is no /proc");
	r = open_parent(cage, fault);
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

/* Descendants, and members that a foreign parent has adopted. */
static int members(struct cage *cage, struct list *ret)
{
	CLEANUP(list_free) struct list pids = { 0 };
	struct list found = { 0 };
	int r = subreaper_members(cage, &found);

	if (r == 0)
		r = cgroup_pids(cage->dir, &pids);

	size_t own = found.count;

	for (size_t i = 0; r == 0 && i < pids.count; i++) {
		pid_t pid = *(pid_t *)list_at(&pids, i, sizeof(pid));
		struct proc_stat stat;
		bool known = false;

		for (size_t j = 0; j < own && !known; j++) {
			const struct proc_stat *item = found.items;

			known = item[j].pid == pid;
		}
		if (!known && stat_read(cage->procfd, pid, &stat) == 0)
			r = list_append(&found, &stat, sizeof(stat));
	}
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

static int kill_cgroup(struct cage *cage, unsigned round)
{
	int r = cgroup_end(cage->dir, cage->procfd);
	/* Who moved itself out is our descendant all the same. In the first
	 * round the children that we see are dying already. */
	int s = round > 0 ? subreaper_kill(cage, round) : CAGE_ALL;

	return r < 0 && round == 0 ? r : s;
}

static int is_empty(struct cage *cage)
{
	/* Not known is not empty. */
	return cgroup_is_empty(cage->dir) == 1;
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

static void clear_directory(int parent, int entry, const char *name,
			    uint64_t brand, const void *context)
{
	const struct cage *cage = context;

	(void)brand;
	if (cgroup_is_empty(entry) == 0) {
		(void)cgroup_end(entry, cage->procfd);
		/* Survivors keep it for the next jig. */
		(void)cgroup_wait_empty(entry, 1000);
	}
	(void)cgroup_remove(parent, name);
}

void cgroup_clear_abandoned(const struct cage *cage)
{
	CLEANUP_CLOSE int parent =
		cage->ops == &cage_cgroup ? fd_dup_above(cage->parent, 3)
					  : cgroup_open_own(cage->procfd, NULL);

	if (parent >= 0)
		(void)registry_each_abandoned(parent, cage->ops == &cage_cgroup,
					      clear_directory, cage);
}

const struct cage_ops cage_cgroup = {
	.kind = CAGE_CGROUP,
	.strength = CAGE_CONTAINED,
	.name = "cgroup",
	.subreaper = true,
	.open = open_cgroup,
	.enter = subreaper_enter,
	.members = members,
	.kill = kill_cgroup,
	.is_empty = is_empty,
	.remove = remove_cgroup,
};
