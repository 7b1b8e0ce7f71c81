// SPDX-License-Identifier: MIT
#include "cgroup_group.h"

#include <errno.h>
#include <sys/resource.h>

#include "cage/cgroup_walk.h"

#define ROUNDS 200

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
	};

	if (!may_have_cgroups())
		return EXIT_SKIP;
	return RUN(tests);
}
