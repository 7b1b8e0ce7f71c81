// SPDX-License-Identifier: MIT
/*
 * The pid namespace cage, see pid_namespaces(7): the supervisor is its init,
 * so that the kernel ends every process in it when the supervisor dies, however
 * it dies.
 *
 * An ordinary user gets one through a user namespace that maps the user's own
 * ids onto themselves. /proc is mounted anew, in a private mount namespace, so
 * that ps(1) is right inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/cage.h"
#include "cage/subreaper.h"
#include "proc/aside.h"
#include "proc/procfs.h"

static bool is_admin(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[0].effective & (1U << CAP_SYS_ADMIN));
}

static unsigned long clone_flags(void)
{
	unsigned long flags = CLONE_NEWPID | CLONE_NEWNS;

	return is_admin() ? flags : flags | CLONE_NEWUSER;
}

static int open_pidns(struct cage *cage, struct fault *fault)
{
	char text[32];

	if (cage->procfd < 0)
		return fault_set(fault, -ENOTSUP, "there is no /proc");
	if (is_admin())
		return 0;
	/* Inside, before the map is written, our ids are not ours. */
	cage->user_namespace = true;
	cage->uid = geteuid();
	cage->gid = getegid();
	/* Only for the message: the clone itself shows whether it works. */
	if (fd_read_file(cage->procfd, "sys/user/max_user_namespaces", text,
			 sizeof(text)) > 0 &&
	    strcmp(text, "0\n") == 0)
		return fault_set(fault, -ENOTSUP,
				 "user namespaces are switched off (sysctl "
				 "user.max_user_namespaces is 0)");
	if (fd_read_file(cage->procfd, "sys/kernel/unprivileged_userns_clone",
			 text, sizeof(text)) > 0 &&
	    strcmp(text, "0\n") == 0)
		return fault_set(fault, -ENOTSUP,
				 "user namespaces are for root only (sysctl "
				 "kernel.unprivileged_userns_clone is 0)");
	return 0;
}

/* Our own ids onto themselves: files look as they did outside. */
static int map_ids(int procfd, uid_t uid, gid_t gid)
{
	char map[64];
	int r = fd_write_file(procfd, "self/setgroups", "deny");

	if (r < 0 &&
	    r != -ENOENT) /* Before Linux 3.19 there is no such file. */
		return r;
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	r = fd_write_file(procfd, "self/uid_map", map);
	if (r < 0)
		return r;
	(void)snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return fd_write_file(procfd, "self/gid_map", map);
}

static int mount_proc(void)
{
	/* Our mounts must not propagate outside. The root of a chroot(2) may
	 * not be a mount point; then /proc is one. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 &&
	    (errno != EINVAL ||
	     mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) < 0))
		return -errno;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0)
		return -errno;
	return 0;
}

static int pidns_enter(struct cage *cage, struct fault *fault)
{
	int r = 0;

	if (cage->user_namespace)
		r = map_ids(cage->procfd, cage->uid, cage->gid);
	if (r < 0)
		return fault_set(fault, r,
				 "cannot map our ids in a user namespace: %s",
				 strerror(-r));
	r = mount_proc();
	if (r < 0)
		return fault_set(fault, r,
				 "cannot mount /proc in a pid namespace: %s",
				 strerror(-r));
	cage->outer_procfd = take_fd(&cage->procfd);
	cage->procfd = procfs_open();
	cage->reaper = getpid();
	if (cage->procfd < 0)
		return fault_set(fault, cage->procfd,
				 "cannot open the namespace's /proc: %s",
				 strerror(-cage->procfd));
	return 0;
}

static bool pidns_is_inside(const struct proc_stat *stat, const void *context)
{
	const pid_t init = *(const pid_t *)context;

	/* Nor our children of proc/aside.h: they end with us. */
	return stat->pid != init &&
	       (stat->ppid != init || !aside_is(stat->pid));
}

/* Every process but init, including foreign ones that have entered the
 * namespace (setns). */
static int pidns_members(struct cage *cage, struct list *ret)
{
	pid_t init = getpid();

	return procfs_select(cage->procfd, pidns_is_inside, &init, ret);
}

/* Each pid of our own namespace is a member's, whatever its parent is. */
static int pidns_holds(const struct cage *cage, const struct proc_stat *now)
{
	(void)cage;
	return getpid() == 1 && now->pid != 1;
}

static int pidns_kill_all(struct cage *cage, unsigned round)
{
	(void)cage;
	(void)round;
	/* The guard calls this when init is dead, and all with it. */
	if (getpid() != 1)
		return 0;
	/* From init, -1 is every other process of the namespace and no
	 * process outside of it. */
	if (kill(-1, SIGKILL) < 0)
		return errno == ESRCH ? 0 : -errno;
	return CAGE_ALL;
}

static int pidns_is_empty(struct cage *cage)
{
	CLEANUP(list_free) struct list found = { 0 };

	if (getpid() != 1)
		return 1;
	return pidns_members(cage, &found) == 0 && !procfs_any_alive(&found);
}

static void remove_pidns(struct cage *cage)
{
	(void)cage; /* It goes with its init. */
}

const struct cage_ops cage_pidns = {
	.kind = JIG_CAGE_PIDNS,
	.strength = CAGE_KERNEL,
	.subreaper = true,
	.own_pids = true,
	.open = open_pidns,
	.clone_flags = clone_flags,
	.enter = pidns_enter,
	.members = pidns_members,
	.holds = pidns_holds,
	.kill = pidns_kill_all,
	.is_empty = pidns_is_empty,
	.remove = remove_pidns,
};
