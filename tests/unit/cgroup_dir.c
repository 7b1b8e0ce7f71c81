// SPDX-License-Identifier: MIT
/*
 * A cgroup of the test's own, below ours: root, or a delegated subtree.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/cgroup_dir.h"
#include "cage/cgroup_walk.h"
#include "child.h"
#include "proc/procfs.h"

#define ROUNDS 200

struct group {
	int procfd, parent, dir;
	char name[64];
	pid_t members[8];
	size_t count;
};

/* Move the caller, or with a number another process. */
static int enter_group(int dir, const char *below, const char *pid)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", below);
	return fd_write_file(dir, path, pid);
}

static void make(const struct group *group, const char *below)
{
	assert_int_equal(mkdirat(group->dir, below, 0755), 0);
}

/* Ignores all that can be ignored, in this cgroup below ours. */
static pid_t member_of(struct group *group, const char *below)
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

static void assert_all_killed(struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		assert_int_equal(child_wait(group->members[i]), SIGKILL);
	group->count = 0;
}

static bool says(const struct group *group, const char *file, const char *text)
{
	char found[64];

	return fd_read_file(group->dir, file, found, sizeof(found)) > 0 &&
	       strcmp(found, text) == 0;
}

static int set_up(void **state)
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

static int tear_down(void **state)
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

static int end(struct group *group)
{
	return cgroup_end_by_freezer(group->dir, group->name, group->procfd);
}

/* ---------------------------------- without cgroup.kill (before Linux 5.14) */

static void all_that_is_in_nested_groups_is_ended(void **state)
{
	struct group *group = *state;
	pid_t stranger = child_sleeper();

	make(group, "a");
	make(group, "a/b");
	make(group, "a/b/c");
	make(group, "d");
	(void)member_of(group, ".");
	(void)member_of(group, "a");
	(void)member_of(group, "a/b/c");
	(void)member_of(group, "a/b/c");
	(void)member_of(group, "d");
	assert_int_equal(end(group), 0);
	assert_all_killed(group);
	assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
	assert_int_equal(cgroup_wait_empty(group->dir, 5000), 0);
	assert_true(says(group, "cgroup.freeze", "0\n"));
	child_end(stranger);
}

static void what_is_frozen_already_is_ended_and_thawed(void **state)
{
	struct group *group = *state;

	make(group, "a");
	(void)member_of(group, ".");
	(void)member_of(group, "a");
	/* One by the command, below; the whole by a jig that was killed. */
	assert_int_equal(fd_write_file(group->dir, "a/cgroup.freeze", "1"), 0);
	assert_int_equal(fd_write_file(group->dir, "cgroup.freeze", "1"), 0);
	assert_int_equal(end(group), 0);
	assert_all_killed(group);
	assert_true(says(group, "cgroup.freeze", "0\n"));
}

static void a_process_that_is_stopped_is_ended(void **state)
{
	struct group *group = *state;
	pid_t pid = member_of(group, ".");

	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	assert_int_equal(end(group), 0);
	assert_all_killed(group);
}

/* Each generation forks the next and ends: a list that is not made of the
 * frozen misses it. Ends by itself after some seconds. */
static void relay(const struct group *group)
{
	if (enter_group(group->dir, "a", "0") < 0)
		_exit(1);
	for (int i = 0; i < 20000; i++) {
		pid_t pid = fork();

		if (pid != 0)
			_exit(0);
	}
	_exit(0);
}

static void edge_4_a_relay_is_ended(void **state)
{
	struct group *group = *state;
	pid_t first;

	make(group, "a");
	first = child_fork();
	if (first == 0)
		relay(group);
	assert_int_equal(child_wait(first), 0);
	/* A cage repeats it as well: "frozen" may come late. */
	for (int i = 0; i < ROUNDS && cgroup_is_empty(group->dir) != 1; i++)
		assert_int_equal(end(group), 0);
	assert_int_equal(cgroup_wait_empty(group->dir, 5000), 0);
}

static void a_process_that_moved_out_lives(void **state)
{
	struct group *group = *state;
	pid_t pid = member_of(group, "."), in = member_of(group, ".");
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", pid);
	assert_int_equal(enter_group(group->parent, ".", text), 0);
	assert_int_equal(end(group), 0);
	assert_int_equal(child_wait(in), SIGKILL);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	child_end(pid);
	group->count = 0;
}

static void an_empty_one_stays_as_it_is(void **state)
{
	struct group *group = *state;

	assert_int_equal(end(group), 0);
	assert_true(says(group, "cgroup.freeze", "0\n"));
	assert_int_equal(cgroup_is_empty(group->dir), 1);
}

/* What cgroup_end() is: by the kernel where it can. */
static void either_way_all_are_ended(void **state)
{
	struct group *group = *state;

	make(group, "a");
	(void)member_of(group, ".");
	(void)member_of(group, "a");
	assert_int_equal(cgroup_end(group->dir, group->name, group->procfd), 0);
	assert_all_killed(group);
}

/* ------------------------------------------------------------------- lists */

static void edge_20_hundreds_of_groups_are_listed(void **state)
{
	struct group *group = *state;
	CLEANUP(list_free) struct list pids = { 0 };
	char name[16];

	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "g%d", i);
		make(group, name);
	}
	(void)member_of(group, "g0");
	(void)member_of(group, "g250");
	(void)member_of(group, "g499");
	assert_int_equal(cgroup_pids(group->dir, &pids), 0);
	assert_int_equal(pids.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(list_has(&pids, &group->members[i], sizeof(pid_t)));
	assert_int_equal(end(group), 0);
	assert_all_killed(group);
	assert_int_equal(cgroup_wait_empty(group->dir, 5000), 0);
	assert_int_equal(cgroup_remove(group->parent, group->name), 0);
	/* For the teardown. */
	assert_int_equal(mkdirat(group->parent, group->name, 0755), 0);
	cleanup_close(&group->dir);
	group->dir = openat(group->parent, group->name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct group *shared;

/* All, or an error: for each number of descriptors that are left. */
static int is_never_short(void)
{
	bool failed = false;

	for (rlim_t limit = (rlim_t)shared->dir + 1;; limit++) {
		CLEANUP(list_free) struct list pids = { 0 };
		struct rlimit few = { limit, 4096 };
		int r;

		if (setrlimit(RLIMIT_NOFILE, &few) < 0)
			return 0;
		r = cgroup_pids(shared->dir, &pids);
		if (r == 0)
			return failed && pids.count == shared->count;
		if (r != -EMFILE || pids.count > 0)
			return 0;
		failed = true;
	}
}

static void few_descriptors_are_no_empty_list(void **state)
{
	struct group *group = *state;

	make(group, "a");
	make(group, "a/b");
	(void)member_of(group, "a/b");
	(void)member_of(group, ".");
	shared = group;
	assert_true(child_says(is_never_short));
}

/* No member is met, and that is said; what can be ended later is. */
static int end_tells(void)
{
	bool failed = false;

	for (rlim_t limit = (rlim_t)shared->dir + 1;; limit++) {
		struct rlimit few = { limit, 4096 };
		int r;

		if (setrlimit(RLIMIT_NOFILE, &few) < 0)
			return 0;
		r = end(shared);
		if (r == 0)
			return failed;
		if (r != -EMFILE)
			return 0;
		failed = true;
	}
}

static void few_descriptors_are_no_end(void **state)
{
	struct group *group = *state;

	make(group, "a");
	(void)member_of(group, "a");
	(void)member_of(group, ".");
	shared = group;
	assert_true(child_says(end_tells));
	assert_all_killed(group);
}

/* Pinned for the caller; "it is not known" is neither yes nor no. */
static int holds_tells(void)
{
	struct rlimit none = { 0, 16 };
	pid_t pid = shared->members[0];

	if (cgroup_holds(shared->dir, shared->name, shared->procfd, pid) != 1)
		return 0;
	return setrlimit(RLIMIT_NOFILE, &none) == 0 &&
	       cgroup_holds(shared->dir, shared->name, shared->procfd, pid) ==
		       -EMFILE;
}

static void without_descriptors_the_members_are_not_known(void **state)
{
	struct group *group = *state;

	(void)member_of(group, ".");
	shared = group;
	assert_true(child_says(holds_tells));
}

/* ---------------------------------------------------------- threaded groups */

static void *stay(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

/* One thread, or all of them, in a threaded cgroup below. */
static pid_t threaded_member(struct group *group, bool all)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = child_fork();
	if (pid == 0) {
		pthread_t thread;
		char text[16] = "0";
		int r = enter_group(group->dir, ".", "0");

		if (r == 0 && pthread_create(&thread, NULL, stay, NULL) != 0)
			r = -1;
		/* Our first thread; its children's cgroup is this one. */
		if (r == 0)
			r = fd_write_file(group->dir, "t/cgroup.threads", text);
		for (pid_t tid = getpid() + 1; r == 0 && all; tid++) {
			(void)snprintf(text, sizeof(text), "%d", tid);
			if (fd_write_file(group->dir, "t/cgroup.threads",
					  text) == 0)
				break;
		}
		if (r == 0)
			(void)!write(ready[1], "x", 1);
		(void)stay(NULL);
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		child_end(pid);
		pid = 0;
	}
	(void)close(ready[0]);
	return pid;
}

static void check_threaded(struct group *group, bool all,
			   int (*end_it)(int, const char *, int))
{
	CLEANUP(list_free) struct list pids = { 0 };
	pid_t pid;

	make(group, "t");
	if (fd_write_file(group->dir, "t/cgroup.type", "threaded") < 0)
		skip();
	pid = threaded_member(group, all);
	if (pid == 0)
		skip();
	group->members[group->count++] = pid;
	(void)member_of(group, ".");
	assert_int_equal(cgroup_pids(group->dir, &pids), 0);
	assert_true(list_has(&pids, &pid, sizeof(pid)));
	assert_int_equal(cgroup_holds(group->dir, group->name, group->procfd,
				      pid),
			 1);
	assert_int_equal(end_it(group->dir, group->name, group->procfd), 0);
	assert_all_killed(group);
	assert_int_equal(cgroup_wait_empty(group->dir, 5000), 0);
}

static void a_thread_in_a_threaded_group_hides_no_process(void **state)
{
	check_threaded(*state, false, cgroup_end_by_freezer);
}

static void all_threads_in_a_threaded_group_hide_no_process(void **state)
{
	check_threaded(*state, true, cgroup_end_by_freezer);
}

static void the_kernel_ends_threaded_groups_too(void **state)
{
	check_threaded(*state, true, cgroup_end);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* meson's word for a test that was left out. */
#define EXIT_SKIP 77

static bool may_have_cgroups(void)
{
	void *state;

	return set_up(&state) == 0 && tear_down(&state) == 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_that_is_in_nested_groups_is_ended),
		TEST(what_is_frozen_already_is_ended_and_thawed),
		TEST(a_process_that_is_stopped_is_ended),
		TEST(edge_4_a_relay_is_ended),
		TEST(a_process_that_moved_out_lives),
		TEST(an_empty_one_stays_as_it_is),
		TEST(either_way_all_are_ended),
		TEST(edge_20_hundreds_of_groups_are_listed),
		TEST(few_descriptors_are_no_empty_list),
		TEST(few_descriptors_are_no_end),
		TEST(without_descriptors_the_members_are_not_known),
		TEST(a_thread_in_a_threaded_group_hides_no_process),
		TEST(all_threads_in_a_threaded_group_hide_no_process),
		TEST(the_kernel_ends_threaded_groups_too),
	};

	if (!may_have_cgroups())
		return EXIT_SKIP;
	return RUN(tests);
}
