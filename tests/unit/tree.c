// SPDX-License-Identifier: MIT
#include "tree_sample.h"

#include <errno.h>

static const struct row machine[] = {
	ROW(1, 0, 1, 1, "init"),
	ROW(2, 0, 0, 0, "kthreadd", .flags = KERNEL),
	ROW(3, 2, 0, 0, "kworker", .flags = KERNEL),
	ROW(10, 1, 10, 10, "sshd"),
	ROW(20, 10, 20, 20, "bash", .tty = PTS(3), .tpgid = 30),
	ROW(30, 20, 30, 20, "make", .tty = PTS(3), .tpgid = 30),
	ROW(31, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(32, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(33, 30, 30, 20, "ld", .tty = PTS(3), .tpgid = 30),
	ROW(34, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(40, 1, 40, 40, "cron"),
};

static void assert_pids(const struct tree *tree, const pid_t *wanted,
			size_t count)
{
	assert_int_equal(tree->count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(tree_stat(tree, i)->pid, wanted[i]);
}

static void children_follow_their_parents(void **state)
{
	static const pid_t wanted[] = { 1, 10, 20, 30, 31, 32, 33, 34, 40 };
	static const uint32_t depths[] = { 0, 1, 2, 3, 4, 4, 4, 4, 1 };
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);

	(void)state;
	assert_pids(&tree, wanted, COUNT(wanted));
	for (size_t i = 0; i < COUNT(depths); i++)
		assert_int_equal(tree.nodes[i].depth, depths[i]);
	assert_int_equal(tree.nodes[0].parent, TREE_NONE);
	assert_int_equal(tree.nodes[3].parent, 2);
	assert_true(tree.nodes[1].more); /* cron comes */
	assert_false(tree.nodes[8].more);
	assert_false(tree.nodes[7].more);
	assert_int_equal(tree.processes, 9);
}

static void kernel_threads_are_there_when_asked_for(void **state)
{
	static const pid_t wanted[] = { 2, 3 };
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	CLEANUP(tree_free)
	struct tree all =
		sample_tree(&view, &(struct tree_options){ .kernel = true });
	CLEANUP(tree_free)
	struct tree below =
		sample_tree(&view, &(struct tree_options){ .root = 2 });

	(void)state;
	assert_int_equal(all.count, COUNT(machine));
	assert_pids(&below, wanted, COUNT(wanted));
}

static void a_root_has_its_descendants_alone(void **state)
{
	static const pid_t wanted[] = { 20, 30, 31, 32, 33, 34 };
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view, &(struct tree_options){ .root = 20 });

	(void)state;
	assert_pids(&tree, wanted, COUNT(wanted));
	assert_int_equal(tree.nodes[0].depth, 0);
	assert_false(tree.nodes[0].more);
}

static void a_root_that_is_not_there_is_esrch(void **state)
{
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	struct tree_options options = { .root = 99 };
	struct tree tree = { .count = 7 };

	(void)state;
	assert_int_equal(tree_build(&view, &options, &tree), -ESRCH);
	assert_int_equal(tree.count, 7); /* untouched */
}

/* As `--user` does: whose parent is not shown is a root. */
static void a_process_shown_below_no_other_is_a_root(void **state)
{
	static const pid_t wanted[] = { 30, 31, 40 };
	static const uint32_t shown[] = { 5, 6, 10 };
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));

	(void)state;
	view.shown.count = 0;
	for (size_t i = 0; i < COUNT(shown); i++) {
		struct view_process process = { .index = shown[i] };

		assert_int_equal(list_append(&view.shown, &process,
					     sizeof(process)),
				 0);
	}
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);

	assert_pids(&tree, wanted, COUNT(wanted));
	assert_int_equal(tree.nodes[2].depth, 0);
}

static void sessions_and_groups_are_numbered_as_they_appear(void **state)
{
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	const struct tree_node *bash = &tree.nodes[sample_node(&tree, 20)];
	const struct tree_node *make = &tree.nodes[sample_node(&tree, 30)];

	(void)state;
	assert_int_equal(tree.sessions, 4);
	assert_int_equal(tree.groups, 5);
	assert_int_equal(tree.nodes[0].session, 0);
	assert_int_equal(bash->session, 2);
	assert_int_equal(make->session, 2);
	assert_int_equal(bash->group, 2);
	assert_int_equal(make->group, 3);
	assert_int_equal(tree.nodes[sample_node(&tree, 33)].group, 3);
	assert_int_equal(tree.nodes[sample_node(&tree, 40)].session, 3);
}

static void equal_leaves_are_folded(void **state)
{
	static const pid_t wanted[] = { 1, 10, 20, 30, 31, 33, 40 };
	CLEANUP(view_free)
	struct view view = sample_view(machine, COUNT(machine));
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view,
			    &(struct tree_options){ .fold = TREE_FOLD_ALL });
	const struct tree_node *cc = &tree.nodes[sample_node(&tree, 31)];

	(void)state;
	assert_pids(&tree, wanted, COUNT(wanted));
	assert_int_equal(cc->count, 3);
	assert_int_equal(cc->last, 34);
	assert_true(cc->more);
	assert_int_equal(tree.processes, 9);
}

/* Each differs from the first in one thing. */
static void what_tells_leaves_apart_keeps_them(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "top"),
		ROW(2, 1, 1, 1, "w"),
		ROW(3, 1, 1, 1, "v"),
		ROW(4, 1, 1, 1, "w", .threads = 4),
		ROW(5, 1, 1, 1, "w", .state = 'Z'),
		ROW(6, 1, 1, 1, "w", .state = 'T'),
		ROW(7, 1, 1, 1, "w", .tty = PTS(1)),
		ROW(8, 1, 1, 1, "w", .tpgid = 1),
		ROW(9, 1, 9, 1, "w"),
		ROW(10, 1, 10, 10, "w"),
		ROW(11, 1, 9, 1, "w"),
		ROW(12, 1, 1, 10, "w"),
		ROW(13, 2, 1, 1, "w"),
	};
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view,
			    &(struct tree_options){ .fold = TREE_FOLD_ALL });

	(void)state;
	assert_int_equal(tree.count, COUNT(rows));
}

static void arguments_tell_leaves_apart_when_they_are_shown(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "sh", .arguments = "sh"),
		ROW(2, 1, 1, 1, "sleep", .arguments = "sleep 1"),
		ROW(3, 1, 1, 1, "sleep", .arguments = "sleep 2"),
		ROW(4, 1, 1, 1, "sleep", .arguments = "sleep 1"),
	};
	struct tree_options options = { .fold = TREE_FOLD_ALL };
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree names = sample_tree(&view, &options);

	(void)state;
	options.arguments = true;
	CLEANUP(tree_free) struct tree words = sample_tree(&view, &options);

	assert_int_equal(names.count, 2);
	assert_int_equal(words.count, 3);
}

static void leaders_are_folded_unless_pictures_have_boxes_for_them(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "cron"),  ROW(2, 1, 2, 2, "job"),
		ROW(3, 1, 3, 3, "job"),	  ROW(4, 1, 4, 1, "task"),
		ROW(5, 1, 5, 1, "task"),  ROW(6, 1, 6, 1, "task"),
		ROW(7, 1, 6, 1, "other"),
	};
	struct tree_options options = { .fold = TREE_FOLD_ALL };
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree all = sample_tree(&view, &options);

	(void)state;
	options.fold = TREE_FOLD_MEMBERS;
	CLEANUP(tree_free) struct tree members = sample_tree(&view, &options);

	/* 6 leads another, whose note names it: it stays. */
	assert_int_equal(all.count, 5);
	assert_int_equal(all.nodes[sample_node(&all, 2)].count, 2);
	assert_int_equal(all.nodes[sample_node(&all, 4)].count, 2);
	assert_int_equal(all.nodes[sample_node(&all, 6)].count, 1);
	assert_int_equal(members.count, COUNT(rows));
}

/* A snapshot that is not atomic, with numbers used again meanwhile. */
static void a_circle_is_cut_and_no_process_is_lost(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "init"), ROW(2, 4, 1, 1, "a"),
		ROW(3, 2, 1, 1, "b"),	 ROW(4, 3, 1, 1, "c"),
		ROW(5, 3, 1, 1, "leaf"), ROW(6, 6, 1, 1, "self"),
	};
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view,
			    &(struct tree_options){ .fold = TREE_FOLD_ALL });
	CLEANUP(tree_free)
	struct tree below =
		sample_tree(&view, &(struct tree_options){ .root = 3 });

	(void)state;
	assert_int_equal(tree.processes, COUNT(rows));
	for (pid_t pid = 1; pid <= 6; pid++)
		(void)sample_node(&tree, pid);
	assert_int_equal(tree.nodes[sample_node(&tree, 6)].depth, 0);
	assert_int_equal(tree_stat(&below, 0)->pid, 3);
	assert_int_equal(below.processes, 4);
}

static void depth_costs_nothing(void **state)
{
	enum { DEEP = 30000 };
	CLEANUP(view_free) struct view view = sample_chain(DEEP, 7);
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view, &(struct tree_options){
					   .root = 2, .fold = TREE_FOLD_ALL });

	(void)state;
	assert_int_equal(tree.count, DEEP - 1);
	assert_int_equal(tree.nodes[tree.count - 1].depth, DEEP - 2);
}

static void width_costs_nothing(void **state)
{
	enum { WIDE = 30000 };
	CLEANUP(view_free) struct view view = { 0 };

	(void)state;
	for (pid_t i = 1; i <= WIDE; i++) {
		struct row row = ROW(i, i > 1, 1, 1, i % 2 ? "odd" : "even");

		sample_add(&view, &row);
	}
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view,
			    &(struct tree_options){ .fold = TREE_FOLD_ALL });

	assert_int_equal(tree.count, 3);
	assert_int_equal(tree.nodes[1].count, WIDE / 2);
	assert_int_equal(tree.nodes[2].count, WIDE / 2 - 1);
	assert_int_equal(tree.processes, WIDE);
}

static void of_no_process_there_is_no_tree(void **state)
{
	struct view view = { 0 };
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);

	(void)state;
	assert_int_equal(tree.count, 0);
	assert_int_equal(tree.sessions, 0);
	tree_free(&tree);
}

static void a_view_can_be_put_in_the_trees_order(void **state)
{
	static const struct row rows[] = {
		ROW(9, 7, 1, 1, "child"),
		ROW(3, 0, 1, 1, "second"),
		ROW(7, 0, 1, 1, "first"),
	};
	static const pid_t wanted[] = { 3, 7, 9 };
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);

	(void)state;
	assert_int_equal(tree_order_view(&tree, &view), 0);
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_int_equal(view_stat(&view, view_at(&view, i))->pid,
				 wanted[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_follow_their_parents),
		cmocka_unit_test(kernel_threads_are_there_when_asked_for),
		cmocka_unit_test(a_root_has_its_descendants_alone),
		cmocka_unit_test(a_root_that_is_not_there_is_esrch),
		cmocka_unit_test(a_process_shown_below_no_other_is_a_root),
		cmocka_unit_test(
			sessions_and_groups_are_numbered_as_they_appear),
		cmocka_unit_test(equal_leaves_are_folded),
		cmocka_unit_test(what_tells_leaves_apart_keeps_them),
		cmocka_unit_test(
			arguments_tell_leaves_apart_when_they_are_shown),
		cmocka_unit_test(
			leaders_are_folded_unless_pictures_have_boxes_for_them),
		cmocka_unit_test(a_circle_is_cut_and_no_process_is_lost),
		cmocka_unit_test(depth_costs_nothing),
		cmocka_unit_test(width_costs_nothing),
		cmocka_unit_test(of_no_process_there_is_no_tree),
		cmocka_unit_test(a_view_can_be_put_in_the_trees_order),
	};

	return RUN(tests);
}
