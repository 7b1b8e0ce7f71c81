// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>

#include "cage/sweep.h"
#include "child.h"
#include "proc/procfs.h"

/*
 * A set that changes while we look: pass n shows the first n * step of its
 * pids, and any pass may fail.
 */
struct set {
	int procfd;
	pid_t pids[8];
	size_t count, step;
	unsigned passes, fail_at;
	bool stranger; /* show a wrong start time for the first */
	pid_t left; /* of this one the answer is … */
	int answer;
	unsigned confirmed;
};

static int members(void *context, struct list *ret)
{
	struct set *set = context;
	struct list found = { 0 };
	size_t shown = ++set->passes * set->step;

	if (set->passes == set->fail_at)
		return -EIO;
	for (size_t i = 0; i < set->count && i < shown; i++) {
		struct proc_stat stat;

		if (stat_read(set->procfd, set->pids[i], &stat) < 0)
			continue;
		if (i == 0 && set->stranger)
			stat.start_ticks++;
		assert_int_equal(list_append(&found, &stat, sizeof(stat)), 0);
	}
	*ret = found;
	return 0;
}

static int set_up(void **state)
{
	static struct set one;
	struct set *set = &one;

	*set = (struct set){ .step = 1 };
	set->procfd = procfs_open();
	set->count = 4;
	for (size_t i = 0; i < set->count; i++)
		set->pids[i] = child_sleeper();
	*state = set;
	return 0;
}

static int tear_down(void **state)
{
	struct set *set = *state;

	for (size_t i = 0; i < set->count; i++)
		if (set->pids[i] > 0)
			child_end(set->pids[i]);
	cleanup_close(&set->procfd);
	return 0;
}

/* Whether it is still in the set, asked while it is pinned. */
static int confirm(void *context, struct descent *descent,
		   const struct proc_stat *now)
{
	struct set *set = context;

	(void)descent;
	set->confirmed++;
	return now->pid == set->left ? set->answer : 1;
}

static struct sweep sweep_of(struct set *set)
{
	return (struct sweep){ set->procfd, members, set, confirm };
}

static void assert_ended_by(struct set *set, size_t index, int signo)
{
	assert_int_equal(child_wait(set->pids[index]), signo);
	set->pids[index] = 0;
}

/*
 * The processes that the sweep's lists have shown. A sweep bounds the time that
 * it looks, so on a slow machine (or under valgrind) it may see only the first
 * of them.
 */
static size_t shown(const struct set *set)
{
	size_t most = set->passes * set->step;

	return most < set->count ? most : set->count;
}

static void edge_18_a_process_that_appears_in_a_later_pass_is_met(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	assert_int_equal(sweep_signal(&sweep, SIGTERM, false, &count), 0);
	assert_true(count >= 2);
	assert_int_equal(count, shown(set));
	for (size_t i = 0; i < count; i++)
		assert_ended_by(set, i, SIGTERM);
}

static void each_gets_the_signal_once(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	set->step = 4;
	/* SIGCONT harms no process, so all are there in every pass. */
	assert_int_equal(sweep_signal(&sweep, SIGCONT, false, &count), 0);
	assert_int_equal(count, 4);
	assert_true(set->passes >= 2);
}

static void edge_2_the_stopped_are_woken(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);

	set->step = 4;
	assert_int_equal(kill(set->pids[2], SIGSTOP), 0);
	assert_int_equal(waitpid(set->pids[2], NULL, WUNTRACED), set->pids[2]);
	assert_int_equal(sweep_signal(&sweep, SIGTERM, true, NULL), 0);
	assert_ended_by(set, 2, SIGTERM);
}

static void edge_5_all_are_stopped_then_killed(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	assert_int_equal(sweep_stop_and_kill(&sweep, &count), 0);
	assert_true(count >= 2);
	assert_int_equal(count, shown(set));
	for (size_t i = 0; i < count; i++)
		assert_ended_by(set, i, SIGKILL);
}

static void edge_17_a_number_of_another_process_is_not_signalled(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	set->stranger = true;
	set->step = 4;
	assert_int_equal(sweep_stop_and_kill(&sweep, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(waitpid(set->pids[0], NULL, WNOHANG), 0);
}

static void a_process_that_is_not_confirmed_is_not_signalled(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	set->step = 4;
	set->left = set->pids[1];
	assert_int_equal(sweep_stop_and_kill(&sweep, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(waitpid(set->pids[1], NULL, WNOHANG | WUNTRACED), 0);
}

static void a_process_that_cannot_be_told_is_asked_again(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	set->step = 4;
	set->left = set->pids[1];
	set->answer = -EAGAIN;
	assert_int_equal(sweep_signal(&sweep, SIGCONT, false, &count), 0);
	assert_int_equal(count, 3);
	assert_true(set->confirmed > 4);
	assert_int_equal(waitpid(set->pids[1], NULL, WNOHANG | WUNTRACED), 0);
}

static void we_ourselves_are_never_signalled(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 9;

	child_end(set->pids[0]);
	set->pids[0] = getpid();
	set->count = 1;
	assert_int_equal(sweep_signal(&sweep, SIGTERM, false, &count), 0);
	assert_int_equal(count, 0);
	set->count = 4;
	set->pids[0] = 0;
}

static void the_dead_are_passed_over(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 9;

	set->count = 1;
	for (size_t i = 1; i < 4; i++)
		child_end(set->pids[i]);
	assert_int_equal(kill(set->pids[0], SIGKILL), 0);
	child_await_zombie(set->pids[0]);
	assert_int_equal(sweep_signal(&sweep, SIGTERM, true, &count), 0);
	assert_int_equal(count, 0);
}

static void a_failed_look_is_told_and_the_met_are_killed(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	size_t count = 0;

	set->fail_at = 2;
	assert_int_equal(sweep_stop_and_kill(&sweep, &count), -EIO);
	assert_int_equal(count, 1);
	assert_ended_by(set, 0, SIGKILL);
	assert_int_equal(waitpid(set->pids[1], NULL, WNOHANG), 0);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void a_sweep_keeps_no_descriptor(void **state)
{
	struct set *set = *state;
	struct sweep sweep = sweep_of(set);
	unsigned before = open_descriptors();

	(void)sweep_signal(&sweep, SIGCONT, true, NULL);
	set->passes = 0;
	(void)sweep_stop_and_kill(&sweep, NULL);
	assert_int_equal(open_descriptors(), before);
}

static bool is_ours(pid_t child, const void *context)
{
	return !list_has(context, &child, sizeof(child));
}

static void check_strangers(struct set *set, int procfd)
{
	CLEANUP(list_free) struct list strangers = { 0 };
	size_t count = 0;

	assert_int_equal(list_append(&strangers, &set->pids[1], sizeof(pid_t)),
			 0);
	assert_int_equal(sweep_kill_children(procfd, getsid(0), is_ours,
					     &strangers, &count),
			 0);
	assert_int_equal(count, 3);
	assert_ended_by(set, 0, SIGKILL);
	assert_ended_by(set, 2, SIGKILL);
	assert_ended_by(set, 3, SIGKILL);
	assert_int_equal(waitpid(set->pids[1], NULL, WNOHANG), 0);
}

static void children_are_killed_but_for_strangers(void **state)
{
	struct set *set = *state;

	check_strangers(set, set->procfd);
}

static void edge_22_without_proc_they_are_killed_too(void **state)
{
	check_strangers(*state, -1);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(edge_18_a_process_that_appears_in_a_later_pass_is_met),
		TEST(each_gets_the_signal_once),
		TEST(edge_2_the_stopped_are_woken),
		TEST(edge_5_all_are_stopped_then_killed),
		TEST(edge_17_a_number_of_another_process_is_not_signalled),
		TEST(a_process_that_is_not_confirmed_is_not_signalled),
		TEST(a_process_that_cannot_be_told_is_asked_again),
		TEST(we_ourselves_are_never_signalled),
		TEST(the_dead_are_passed_over),
		TEST(a_failed_look_is_told_and_the_met_are_killed),
		TEST(a_sweep_keeps_no_descriptor),
		TEST(children_are_killed_but_for_strangers),
		TEST(edge_22_without_proc_they_are_killed_too),
	};

	return RUN(tests);
}
