// SPDX-License-Identifier: MIT
/* Promise: jig_list() and jig_end_tree(), for processes jig did not start. */
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
	assert_int_equal(jig_list(&all, &count), 0);
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

static void who_is_gone_is_esrch(void **state)
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

static void edge_11_who_is_not_ours_is_eperm(void **state)
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
		cmocka_unit_test(edge_1_a_whole_tree_is_ended),
		cmocka_unit_test(edge_2_a_stopped_tree_is_ended),
		cmocka_unit_test(init_and_ourselves_are_einval),
		cmocka_unit_test(who_is_gone_is_esrch),
		cmocka_unit_test(edge_11_who_is_not_ours_is_eperm),
	};

	return RUN(tests);
}
