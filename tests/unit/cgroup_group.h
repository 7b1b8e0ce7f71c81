/* SPDX-License-Identifier: MIT */
/*
 * A cgroup of the test's own, below ours: root, or a delegated subtree. It is
 * removed at the end of each test.
 */
#ifndef JIG_TESTS_CGROUP_GROUP_H
#define JIG_TESTS_CGROUP_GROUP_H

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/cgroup_dir.h"
#include "child.h"
#include "proc/procfs.h"

struct group {
	int procfd, parent, dir;
	char name[64];
	pid_t members[8];
	size_t count;
};

/* Move the caller, or with a number another process. */
static inline int enter_group(int dir, const char *below, const char *pid)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", below);
	return fd_write_file(dir, path, pid);
}

static inline void make(const struct group *group, const char *below)
{
	assert_int_equal(mkdirat(group->dir, below, 0755), 0);
}

/* Ignores all that can be ignored, in this cgroup below ours. */
static inline pid_t member_of(struct group *group, const char *below)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = child_fork();
	if (pid == 0) {
		(void)signal(SIGTERM, SIG_IGN);
		if (enter_group(group->dir, below, "0") == 0)
			(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	group->members[group->count++] = pid;
	return pid;
}

static inline void assert_all_killed(struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		assert_int_equal(child_wait(group->members[i]), SIGKILL);
	group->count = 0;
}

static inline bool says(const struct group *group, const char *file,
			const char *text)
{
	char found[64];

	return fd_read_file(group->dir, file, found, sizeof(found)) > 0 &&
	       strcmp(found, text) == 0;
}

static inline int set_up(void **state)
{
	static struct group one;

	one = (struct group){ .procfd = procfs_open(), .dir = -1 };
	one.parent = one.procfd < 0 ? -1 : cgroup_open_own(one.procfd, NULL);
	(void)snprintf(one.name, sizeof(one.name), "jig-unit-%d", getpid());
	if (one.parent >= 0 && mkdirat(one.parent, one.name, 0755) == 0)
		one.dir = openat(one.parent, one.name,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &one;
	return one.dir < 0 ? -1 : 0;
}

static inline int tear_down(void **state)
{
	struct group *group = *state;
	int r;

	(void)fd_write_file(group->dir, "cgroup.freeze", "0");
	for (size_t i = 0; i < group->count; i++)
		child_end(group->members[i]);
	r = cgroup_wait_empty(group->dir, 5000);
	if (r == 0)
		r = cgroup_remove(group->parent, group->name);
	cleanup_close(&group->dir);
	cleanup_close(&group->parent);
	cleanup_close(&group->procfd);
	return r;
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* meson's word for a test that was left out. */
#define EXIT_SKIP 77

static inline bool may_have_cgroups(void)
{
	void *state;

	return set_up(&state) == 0 && tear_down(&state) == 0;
}

#endif
