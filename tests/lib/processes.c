// SPDX-License-Identifier: MIT
/* Promise: jig_list(), its orders, and jig_end_tree(), for processes jig did
 * not start. */
#include "lib.h"

#include <fcntl.h>

static const struct jig_process *find(const struct jig_process *all,
				      size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].pid == pid)
			return &all[i];
	return NULL;
}

static void we_are_in_the_list_as_we_are(void **state)
{
	struct jig_process *all = NULL;
	const struct jig_process *self;
	size_t count = 0;

	(void)state;
	assert_int_equal(jig_list(&all, &count, sizeof(*all)), 0);
	for (size_t i = 1; i < count; i++)
		assert_true(all[i - 1].pid < all[i].pid);
	self = find(all, count, getpid());
	assert_non_null(self);
	assert_int_equal(self->ppid, getppid());
	assert_int_equal(self->pgid, getpgrp());
	assert_int_equal(self->sid, getsid(0));
	assert_int_equal(self->state, 'R');
	assert_int_equal(self->threads, 1);
	assert_true(self->start_ticks > 0);
	assert_int_equal(strncmp(self->comm, "lib_processes", 13), 0);
	free(all);
}

static struct jig_process one(pid_t pid, pid_t ppid, pid_t pgid, pid_t sid)
{
	return (struct jig_process){ .size = sizeof(struct jig_process),
				     .pid = pid,
				     .ppid = ppid,
				     .pgid = pgid,
				     .sid = sid };
}

static void assert_pids(const struct jig_process *all, const pid_t *wanted,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(all[i].pid, wanted[i]);
}

static void sessions_groups_and_their_leaders_stand_together(void **state)
{
	/* Numbers have wrapped: leaders are not the lowest. */
	struct jig_process all[] = {
		one(3, 90, 90, 90),   one(5, 90, 50, 90), one(50, 90, 50, 90),
		one(70, 90, 20, 90),  one(90, 1, 90, 90), one(7, 1, 7, 7),
		one(91, 90, 90, 90),  one(2, 0, 0, 0),	  one(20, 90, 20, 90),
		one(100, 1, 60, 100),
	};
	static const pid_t wanted[] = { 2, 7, 90, 3, 91, 20, 70, 50, 5, 100 };

	(void)state;
	assert_int_equal(jig_sort_sessions(all, COUNT(all)), 0);
	assert_pids(all, wanted, COUNT(wanted));
	assert_int_equal(jig_sort_sessions(NULL, 0), 0);
}

static void a_tree_has_parents_before_their_children(void **state)
{
	struct jig_process all[] = {
		one(4, 30, 0, 0),  one(1, 0, 0, 0),   one(10, 1, 0, 0),
		one(30, 1, 0, 0),  one(11, 10, 0, 0), one(40, 77, 0, 0),
		one(12, 10, 0, 0), one(5, 11, 0, 0),
	};
	static const pid_t wanted[] = { 1, 10, 11, 5, 12, 30, 4, 40 };
	static const unsigned depths[] = { 0, 1, 2, 3, 2, 1, 2, 0 };
	unsigned found[COUNT(all)];

	(void)state;
	assert_int_equal(jig_sort_tree(all, COUNT(all), found), 0);
	assert_pids(all, wanted, COUNT(wanted));
	assert_memory_equal(found, depths, sizeof(depths));
	assert_int_equal(jig_sort_tree(all, COUNT(all), NULL), 0);
	assert_pids(all, wanted, COUNT(wanted));
	assert_int_equal(jig_sort_tree(NULL, 0, NULL), 0);
}

static void a_circle_of_parents_loses_no_process(void **state)
{
	struct jig_process all[] = {
		one(9, 8, 0, 0), one(8, 9, 0, 0), one(3, 3, 0, 0),
		one(7, 9, 0, 0), one(1, 0, 0, 0),
	};
	static const pid_t wanted[] = { 1, 3, 7, 8, 9 };
	unsigned depths[COUNT(all)];

	(void)state;
	assert_int_equal(jig_sort_tree(all, COUNT(all), depths), 0);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		size_t times = 0;

		for (size_t j = 0; j < COUNT(all); j++)
			times += all[j].pid == wanted[i];
		assert_int_equal(times, 1);
	}
	assert_int_equal(depths[0], 0);
}

/* A chain as deep as pids allow: no recursion, no square of anything. */
static void a_deep_tree_is_ordered(void **state)
{
	enum { DEEP = 100000 };
	struct jig_process *all = calloc(DEEP, sizeof(*all));
	unsigned *depths = calloc(DEEP, sizeof(*depths));

	(void)state;
	assert_true(all && depths);
	for (pid_t i = 0; i < DEEP; i++)
		all[i] = one(DEEP - i, DEEP - i - 1, 1, 1);
	assert_int_equal(jig_sort_tree(all, DEEP, depths), 0);
	for (pid_t i = 0; i < DEEP; i++) {
		assert_int_equal(all[i].pid, i + 1);
		assert_int_equal(depths[i], i);
	}
	free(all);
	free(depths);
}

/* A tree: a child, its child in a session of its own, deaf to SIGTERM. */
struct tree {
	pid_t root;
	int ends[2]; /* pidfds of both */
};

static pid_t spawn_deaf_session(void)
{
	pid_t pid = child_fork();

	if (pid == 0) {
		(void)setsid();
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	return pid;
}

static struct tree grow(void)
{
	struct tree tree;
	int pair[2];
	pid_t pid = 0;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	tree.root = child_fork();
	if (tree.root == 0) {
		pid = spawn_deaf_session();
		(void)!write(pair[1], &pid, sizeof(pid));
		for (;;)
			pause();
	}
	assert_int_equal(read(pair[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(pair[0]);
	(void)close(pair[1]);
	tree.ends[0] = pin(tree.root);
	tree.ends[1] = pin(pid);
	return tree;
}

static void edge_1_a_whole_tree_is_ended(void **state)
{
	struct tree tree = grow();
	pid_t bystander = child_sleeper();
	size_t count = 0;

	(void)state;
	assert_int_equal(jig_end_tree(tree.root, DEADLINE_MS, &count), 0);
	assert_true(has_ended(tree.ends[0], 0));
	assert_true(has_ended(tree.ends[1], 0));
	assert_int_equal(count, 2);
	assert_int_equal(child_wait(tree.root), SIGKILL);
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	child_end(bystander);
}

static void edge_2_a_stopped_tree_is_ended(void **state)
{
	struct tree tree = grow();

	(void)state;
	assert_int_equal(kill(tree.root, SIGSTOP), 0);
	assert_int_equal(jig_end_tree(tree.root, DEADLINE_MS, NULL), 0);
	assert_true(has_ended(tree.ends[0], 0));
	assert_true(has_ended(tree.ends[1], 0));
	assert_int_equal(child_wait(tree.root), SIGKILL);
}

static void init_and_ourselves_are_einval(void **state)
{
	size_t count = 99;

	(void)state;
	assert_int_equal(jig_end_tree(1, DEADLINE_MS, &count), -EINVAL);
	assert_int_equal(jig_end_tree(0, DEADLINE_MS, &count), -EINVAL);
	assert_int_equal(jig_end_tree(-1, DEADLINE_MS, &count), -EINVAL);
	assert_int_equal(jig_end_tree(getpid(), DEADLINE_MS, &count), -EINVAL);
	/* A tree that we stand in. */
	if (getppid() > 1)
		assert_int_equal(jig_end_tree(getppid(), DEADLINE_MS, &count),
				 -EINVAL);
	assert_int_equal(count, 99);
}

static void a_process_that_is_gone_is_esrch(void **state)
{
	pid_t pid = child_sleeper();

	(void)state;
	(void)kill(pid, SIGKILL);
	child_await_zombie(pid);
	assert_int_equal(jig_end_tree(pid, DEADLINE_MS, NULL), -ESRCH);
	child_end(pid);
	assert_int_equal(jig_end_tree(pid, DEADLINE_MS, NULL), -ESRCH);
}

static pid_t victim;

static int another_user_is_refused(void)
{
	size_t count = 99;

	CHECK(setresgid(65534, 65534, 65534) == 0);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	CHECK(jig_end_tree(victim, DEADLINE_MS, &count) == -EPERM);
	CHECK(count == 99);
	return 1;
}

static void edge_11_a_process_that_is_not_ours_is_eperm(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	victim = child_sleeper();
	assert_true(child_says(another_user_is_refused));
	assert_int_equal(waitpid(victim, NULL, WNOHANG), 0);
	child_end(victim);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_are_in_the_list_as_we_are),
		cmocka_unit_test(
			sessions_groups_and_their_leaders_stand_together),
		cmocka_unit_test(a_tree_has_parents_before_their_children),
		cmocka_unit_test(a_circle_of_parents_loses_no_process),
		cmocka_unit_test(a_deep_tree_is_ordered),
		cmocka_unit_test(edge_1_a_whole_tree_is_ended),
		cmocka_unit_test(edge_2_a_stopped_tree_is_ended),
		cmocka_unit_test(init_and_ourselves_are_einval),
		cmocka_unit_test(a_process_that_is_gone_is_esrch),
		cmocka_unit_test(edge_11_a_process_that_is_not_ours_is_eperm),
	};

	return RUN(tests);
}
