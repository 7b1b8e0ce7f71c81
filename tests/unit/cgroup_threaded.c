// SPDX-License-Identifier: MIT
/* Promise: threads in a threaded cgroup, cgroups(7), hide no process. */
#include "cgroup_group.h"

#include <pthread.h>

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_thread_in_a_threaded_group_hides_no_process),
		TEST(all_threads_in_a_threaded_group_hide_no_process),
		TEST(the_kernel_ends_threaded_groups_too),
	};

	if (!may_have_cgroups())
		return EXIT_SKIP;
	return RUN(tests);
}
