// SPDX-License-Identifier: MIT
#include "cli/doctor/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "cage/cgroup_dir.h"
#include "cage/cgroup_path.h"
#include "cage/scope.h"
#include "proc/procfs.h"

static void machine_kernel(char *buffer, size_t size)
{
	struct utsname name = { 0 };

	(void)uname(&name); /* a valid pointer */
	(void)snprintf(buffer, size, "%s %s %s", name.sysname, name.release,
		       name.machine);
}

/* NAME=value of os-release(5), without its quotes. */
static bool machine_release_value(const char *text, const char *name,
				  char *buffer, size_t size)
{
	const char *line = strstr(text, name);
	size_t length;

	if (!line)
		return false;
	line += strlen(name);
	line += *line == '"' || *line == '\'';
	length = strcspn(line, "\"'\n");
	(void)snprintf(buffer, size, "%.*s", (int)length, line);
	return true;
}

static void machine_distribution(char *buffer, size_t size)
{
	static const char *const paths[] = { "/etc/os-release",
					     "/usr/lib/os-release" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		CLEANUP_FREE char *text = NULL;

		if (fd_read_whole(AT_FDCWD, paths[i], 65536, &text) >= 0 &&
		    machine_release_value(text, "PRETTY_NAME=", buffer, size))
			return;
	}
	(void)snprintf(buffer, size, "unknown: no os-release(5)");
}

static bool has_v1(const char *cgroups)
{
	for (const char *line = cgroups; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "0::", 3) != 0)
			return true;
		if (!strchr(line, '\n'))
			break;
	}
	return false;
}

static void machine_cgroup(char *buffer, size_t size)
{
	CLEANUP_FREE char *mounts = NULL;
	char text[8192] = "", own[4096], path[4096];
	CLEANUP_CLOSE int procfd = procfs_open();
	ssize_t r = procfd < 0 ? procfd
			       : fd_read_file(procfd, "self/cgroup", text,
					      sizeof(text));

	if (r < 0) {
		(void)snprintf(buffer, size, "unknown: /proc/self/cgroup: %s",
			       strerror((int)-r));
		return;
	}
	if (cgroup_parse_own(text, own, sizeof(own)) < 0 ||
	    fd_read_whole(procfd, "self/mountinfo", 16 << 20, &mounts) < 0 ||
	    cgroup_parse_mounts(mounts, own, path, sizeof(path)) < 0) {
		(void)snprintf(buffer, size, "%s",
			       has_v1(text) ? "v1 only, or v2 is not mounted"
					    : "v2, but not mounted here");
		return;
	}
	(void)snprintf(buffer, size, "%s; ours is %s",
		       has_v1(text) ? "hybrid v1 and v2" : "v2", path);
}

static int own_cgroup(void)
{
	CLEANUP_CLOSE int procfd = procfs_open();

	return procfd < 0 ? procfd : cgroup_open_own(procfd, NULL);
}

/* The root of a hierarchy has neither file: look into a new child. */
static int any_below(int dir)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "jig-doctor-%d", getpid());
	if (mkdirat(dir, name, 0755) < 0)
		return -errno;

	int fd = RETRY(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	/* It is empty; an open descriptor does not prevent rmdir. */
	if (faccessat(fd, "cgroup.freeze", F_OK, 0) == 0 &&
	    faccessat(fd, "cgroup.kill", F_OK, 0) < 0) {
		(void)unlinkat(dir, name, AT_REMOVEDIR);
		cleanup_close(&fd);
		return 1;
	}
	(void)unlinkat(dir, name, AT_REMOVEDIR);
	cleanup_close(&fd);
	return 2;
}

static void machine_cgroup_files(char *buffer, size_t size)
{
	CLEANUP_CLOSE int dir = own_cgroup();
	int level = dir < 0 ? dir : 0;

	if (dir >= 0 && faccessat(dir, "cgroup.kill", F_OK, 0) == 0)
		level = 2;
	else if (dir >= 0 && faccessat(dir, "cgroup.freeze", F_OK, 0) == 0)
		level = 1;
	else if (dir >= 0)
		level = any_below(dir);
	(void)snprintf(buffer, size, "%s",
		       level == 2   ? "yes (Linux 5.14)"
		       : level == 1 ? "no: jig freezes, kills and thaws instead"
				    : "unknown: no cgroup of ours to look at");
	if (fault_is_shortage(level))
		(void)snprintf(buffer, size, "unknown: %s", strerror(-level));
}

/* Of our own control group; one above it may have lower ones. */
static void machine_cgroup_limits(char *buffer, size_t size)
{
	static const char *const names[] = { "pids.max", "memory.max" };
	CLEANUP_CLOSE int dir = own_cgroup();
	char value[32];
	size_t used = 0;

	(void)snprintf(buffer, size, "%s",
		       dir < 0 ? "unknown: no cgroup of ours to look at"
			       : "none");
	for (size_t i = 0; dir >= 0 && i < sizeof(names) / sizeof(*names);
	     i++) {
		if (fd_read_file(dir, names[i], value, sizeof(value)) < 0)
			continue; /* the controller is not enabled */
		value[strcspn(value, "\n")] = '\0';
		used += (size_t)snprintf(buffer + used, size - used, "%s%s %s",
					 used ? ", " : "", names[i], value);
	}
	if (fault_is_shortage(dir))
		(void)snprintf(buffer, size, "unknown: %s", strerror(-dir));
}

static void machine_controllers(char *buffer, size_t size)
{
	CLEANUP_CLOSE int dir = own_cgroup();
	char text[512] = "";

	if (dir >= 0 &&
	    fd_read_file(dir, "cgroup.controllers", text, sizeof(text)) >= 0)
		text[strcspn(text, "\n")] = '\0';
	if (fault_is_shortage(dir))
		(void)snprintf(buffer, size, "unknown: %s", strerror(-dir));
	else
		(void)snprintf(buffer, size, "%s",
			       *text ? text
				     : "none: no --memory, --pids, --cpu");
}

static bool is_zero(int procfd, const char *path)
{
	char text[32];

	return fd_read_file(procfd, path, text, sizeof(text)) > 0 &&
	       strcmp(text, "0\n") == 0;
}

static void machine_user_namespaces(char *buffer, size_t size)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	const char *words = "for every user, as far as the kernel says";
	char text[32];

	if (fault_is_shortage(procfd)) {
		(void)snprintf(buffer, size, "unknown: %s", strerror(-procfd));
		return;
	}
	if (procfd < 0)
		words = "unknown: there is no /proc";
	else if (is_zero(procfd, "sys/user/max_user_namespaces"))
		words = "off: sysctl user.max_user_namespaces is 0";
	else if (is_zero(procfd, "sys/kernel/unprivileged_userns_clone"))
		words = "root only: sysctl kernel.unprivileged_userns_clone "
			"is 0";
	else if (fd_read_file(
			 procfd,
			 "sys/kernel/apparmor_restrict_unprivileged_userns",
			 text, sizeof(text)) > 0 &&
		 *text == '1')
		words = "restricted by AppArmor: sysctl "
			"kernel.apparmor_restrict_unprivileged_userns is 1";
	(void)snprintf(buffer, size, "%s", words);
}

static void machine_calls(char *buffer, size_t size)
{
	CLEANUP_CLOSE int pidfd = sys_pidfd_open(getpid());
	int range = sys_close_range(~0U - 1, ~0U);

	(void)snprintf(buffer, size, "pidfd_open %s, close_range %s",
		       pidfd >= 0 ? "yes" : strerror(-pidfd),
		       range >= 0 ? "yes" : strerror(-range));
}

static void machine_proc(char *buffer, size_t size)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct stat mounted, st;

	if (fault_is_shortage(procfd))
		(void)snprintf(buffer, size, "unknown: %s", strerror(-procfd));
	else if (procfd < 0)
		(void)snprintf(buffer, size,
			       "missing: the subreaper cage ends "
			       "children one generation a time");
	else if (stat("/proc", &mounted) < 0 || fstat(procfd, &st) < 0 ||
		 mounted.st_dev != st.st_dev)
		(void)snprintf(buffer, size,
			       "not mounted, or another pid namespace's; jig "
			       "uses its own");
	else if (fstatat(procfd, "1", &st, 0) < 0)
		(void)snprintf(buffer, size, "mounted with hidepid");
	else
		(void)snprintf(buffer, size, "mounted");
}

static void machine_systemd(char *buffer, size_t size)
{
	struct fault fault = { "" };

	if (scope_probe(&fault) == 0)
		(void)snprintf(buffer, size,
			       "answers: --cage cgroup can have "
			       "a scope of its own");
	else
		(void)snprintf(buffer, size, "%s", fault.text);
}

const struct machine_fact machine_facts[] = {
	{ "kernel", "kernel", machine_kernel },
	{ "distribution", "distribution", machine_distribution },
	{ "system calls", "system_calls", machine_calls },
	{ "/proc", "proc", machine_proc },
	{ "cgroups", "cgroups", machine_cgroup },
	{ "cgroup.kill", "cgroup_kill", machine_cgroup_files },
	{ "controllers", "controllers", machine_controllers },
	{ "cgroup limits", "cgroup_limits", machine_cgroup_limits },
	{ "user namespaces", "user_namespaces", machine_user_namespaces },
	{ "systemd", "systemd", machine_systemd },
	{ .name = NULL },
};
