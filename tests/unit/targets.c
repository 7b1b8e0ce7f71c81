// SPDX-License-Identifier: MIT
/*
 * Everything here happens in a pid namespace of its own: a mistake in what is
 * tested would otherwise hit every process of this machine.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "child.h"
#include "cli/kill/targets.h"
#include "proc/procfs.h"

#define INSIDE "JIG_TEST_TARGETS_INSIDE"
#define SKIPPED 77

/* A leader of a group of its own, and a member. */
struct family {
	int procfd;
	pid_t leader, member, stranger;
};

static int set_up(void **state)
{
	struct family *family = calloc(1, sizeof(*family));

	if (!family)
		return -1;
	family->procfd = procfs_open();
	family->leader = child_sleeper();
	family->member = child_sleeper();
	family->stranger = child_sleeper();
	*state = family;
	return setpgid(family->leader, family->leader) < 0 ||
	       setpgid(family->member, family->leader) < 0;
}

static int tear_down(void **state)
{
	struct family *family = *state;

	child_end(family->leader);
	child_end(family->member);
	child_end(family->stranger);
	cleanup_close(&family->procfd);
	free(family);
	return 0;
}

static bool is_running(const struct family *family, pid_t pid)
{
	struct proc_stat stat;

	return stat_read(family->procfd, pid, &stat) == 0 &&
	       !stat_is_dead(&stat);
}

static struct targets group_of(const struct family *family)
{
	const struct target_scope scope = { .group = family->leader };
	struct targets targets = { 0 };

	assert_int_equal(targets_open(family->procfd, &scope, &targets), 0);
	return targets;
}

static struct target *first_of(struct targets *targets)
{
	return targets->items.items;
}

/* Of a /proc that has another clock: this process starts in ten years. */
static int procfs_of_the_future(void)
{
	static const char text[] =
		"7 (late) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99999999999 "
		"0 0\n";
	char path[] = "/tmp/jig-targets-XXXXXX";
	int fd = mkdtemp(path) ? open(path, O_PATH | O_CLOEXEC) : -1;

	assert_int_equal(mkdirat(fd, "7", 0700), 0);
	CLEANUP_CLOSE int stat =
		openat(fd, "7/stat", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(stat, text, strlen(text)), strlen(text));
	return fd;
}

static void another_clock_of_proc_is_not_waited_for(void **state)
{
	const struct target_scope scope = { .pid = 7 };
	struct targets targets = { 0 };
	char path[32], name[64] = "";
	CLEANUP_CLOSE int procfd = procfs_of_the_future();

	(void)state;
	(void)targets_open(procfd, &scope, &targets); /* It returns. */
	targets_free(&targets);
	(void)unlinkat(procfd, "7/stat", 0);
	(void)unlinkat(procfd, "7", AT_REMOVEDIR);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", procfd);
	assert_true(readlink(path, name, sizeof(name) - 1) > 0);
	assert_int_equal(rmdir(name), 0);
}

static void a_group_is_hit_and_no_other_process(void **state)
{
	struct family *family = *state;
	struct targets targets = group_of(family);

	assert_int_equal(targets.items.count, 2);
	assert_false(targets_are_barred(&targets));
	assert_int_equal(targets_signal(&targets, SIGUSR1, false), 0);
	assert_int_equal(targets_count(&targets, TARGET_HIT), 2);
	assert_int_equal(WTERMSIG(child_wait(family->leader)), SIGUSR1);
	assert_int_equal(WTERMSIG(child_wait(family->member)), SIGUSR1);
	assert_true(is_running(family, family->stranger));
	targets_free(&targets);
	family->leader = child_sleeper(); /* For the end. */
	family->member = child_sleeper();
}

static void to_ask_signals_nothing(void **state)
{
	struct family *family = *state;
	struct targets targets = group_of(family);

	assert_int_equal(targets_ask(&targets), 0);
	assert_int_equal(targets_count(&targets, TARGET_MET), 2);
	assert_true(is_running(family, family->leader));
	assert_true(is_running(family, family->member));
	targets_free(&targets);
}

static void edge_17_a_number_used_anew_is_not_hit(void **state)
{
	struct family *family = *state;
	struct targets targets = group_of(family);

	/* As if another process had it when we looked. */
	first_of(&targets)->stat.start_ticks--;
	targets.leader_ticks--;
	assert_int_equal(targets_signal(&targets, SIGKILL, false), 0);
	assert_int_equal(first_of(&targets)->fate, TARGET_GONE);
	assert_true(is_running(family, family->leader));
	targets_free(&targets);
}

static void a_process_that_has_left_the_group_is_not_hit(void **state)
{
	struct family *family = *state;
	struct targets targets = group_of(family);

	assert_int_equal(setpgid(family->member, family->member), 0);
	assert_int_equal(targets_signal(&targets, SIGSTOP, false), 0);
	assert_int_equal(targets_count(&targets, TARGET_LEFT), 1);
	assert_int_equal(targets_count(&targets, TARGET_HIT), 1);
	targets_free(&targets);
}

static void a_process_that_has_ended_is_gone(void **state)
{
	struct family *family = *state;
	const struct target_scope scope = { .pid = family->leader };
	struct targets targets = group_of(family), again = { 0 };

	child_end(family->leader);
	assert_int_equal(targets_signal(&targets, SIGUSR1, false), 0);
	assert_int_equal(targets_count(&targets, TARGET_GONE), 1);
	assert_int_equal(targets_open(family->procfd, &scope, &again), -ESRCH);
	targets_free(&targets);
	family->leader = child_sleeper();
}

static void we_and_our_ancestors_are_barred(void **state)
{
	struct family *family = *state;

	/* Else it is a group of the world outside, without a number here. */
	assert_int_equal(setpgid(0, 0), 0);

	const struct target_scope scopes[] = { { .pid = getpid() },
					       { .group = getpgrp() },
					       { .tree = getppid() },
					       { .pid = 1 } };

	for (size_t i = 0; i < COUNT(scopes); i++) {
		struct targets targets = { 0 };

		assert_int_equal(targets_open(family->procfd, &scopes[i],
					      &targets),
				 0);
		assert_true(targets_are_barred(&targets));
		targets_free(&targets);
	}
}

/* A child that ignores SIGTERM, with a child that does; it is ready once it has
 * closed the pipe. */
static pid_t deaf_parent(void)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = child_fork();

	if (pid == 0) {
		(void)signal(SIGTERM, SIG_IGN);
		if (fork() > 0)
			(void)close(ready[1]);
		(void)close(ready[1]);
		for (;;)
			pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	(void)close(ready[0]);
	return pid;
}

static void a_deaf_tree_is_ended(void **state)
{
	struct family *family = *state;
	pid_t pid = deaf_parent();
	const struct target_scope scope = { .tree = pid };
	struct targets targets = { 0 };

	assert_int_equal(targets_open(family->procfd, &scope, &targets), 0);
	assert_int_equal(targets.items.count, 2);
	assert_int_equal(targets_end(&targets, 1000), 0);
	assert_int_equal(targets_count(&targets, TARGET_HIT), 2);
	assert_int_equal(WTERMSIG(child_wait(pid)), SIGKILL);
	assert_true(is_running(family, family->stranger));
	targets_free(&targets);
}

static void no_process_is_no_target(void **state)
{
	struct family *family = *state;
	const struct target_scope scopes[] = { { .pid = 4000000 },
					       { .group = 4000000 },
					       { .tree = 4000000 } };
	struct targets targets = { .procfd = 77 };

	for (size_t i = 0; i < COUNT(scopes); i++)
		assert_int_equal(targets_open(family->procfd, &scopes[i],
					      &targets),
				 -ESRCH);
	assert_int_equal(targets.procfd, 77);
}

/* Again, as a child of PID 1 of another world. */
static int go_inside(char **argv)
{
	char *const words[] = {
		(char *)"unshare",
		(char *)"--pid",
		(char *)"--fork",
		(char *)"--mount-proc",
		(char *)"--kill-child",
		(char *)"sh",
		(char *)"-c",
		(char *)"\"$0\"; exit $?",
		argv[0],
		NULL,
	};

	if (geteuid() != 0 || setenv(INSIDE, "1", 1) < 0)
		return SKIPPED;
	(void)execvp(words[0], words);
	return SKIPPED;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		cmocka_unit_test(another_clock_of_proc_is_not_waited_for),
		TEST(a_group_is_hit_and_no_other_process),
		TEST(to_ask_signals_nothing),
		TEST(edge_17_a_number_used_anew_is_not_hit),
		TEST(a_process_that_has_left_the_group_is_not_hit),
		TEST(a_process_that_has_ended_is_gone),
		TEST(we_and_our_ancestors_are_barred),
		TEST(a_deaf_tree_is_ended),
		TEST(no_process_is_no_target),
	};

	(void)argc;
	return getenv(INSIDE) ? RUN(tests) : go_inside(argv);
}
