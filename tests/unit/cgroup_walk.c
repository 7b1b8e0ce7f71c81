// SPDX-License-Identifier: MIT
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cage/cgroup_walk.h"
#include "child.h"

/*
 * A walk asks nothing that only a cgroup has, so plain directories stand for
 * cgroups here, and an ordinary user can run this.
 */
struct tree {
	char path[64];
	int top;
	unsigned entered, left;
	const char *victim; /* is removed, below top, when … */
	unsigned at; /* … so many were entered */
};

static int set_up(void **state)
{
	static struct tree one;

	one = (struct tree){ .at = 1 };
	(void)strcpy(one.path, "/tmp/jig-unit-walk-XXXXXX");
	if (!mkdtemp(one.path))
		return -1;
	one.top = open(one.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &one;
	return one.top < 0 ? -1 : 0;
}

static int remove_one(int parent, const char *name, void *context)
{
	struct tree *tree = context;

	tree->left++;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;
	struct cgroup_visitor visitor = { .leave = remove_one,
					  .context = tree };
	int r = cgroup_walk(tree->top, &visitor);

	cleanup_close(&tree->top);
	return r < 0 || rmdir(tree->path) < 0 ? -1 : 0;
}

static void make(const struct tree *tree, const char *path)
{
	assert_int_equal(mkdirat(tree->top, path, 0755), 0);
}

static int enter(int dir, void *context)
{
	struct tree *tree = context;

	(void)dir;
	if (++tree->entered != tree->at)
		return 0;
	if (tree->victim)
		assert_int_equal(unlinkat(tree->top, tree->victim,
					  AT_REMOVEDIR),
				 0);
	return 0;
}

static int walk(struct tree *tree)
{
	struct cgroup_visitor visitor = { .enter = enter, .context = tree };

	tree->entered = 0;
	return cgroup_walk(tree->top, &visitor);
}

static void every_directory_is_entered(void **state)
{
	struct tree *tree = *state;
	static const char *const paths[] = { "a", "a/b", "a/c", "a/c/d",
					     "e", "f",	 "f/g" };

	for (size_t i = 0; i < COUNT(paths); i++)
		make(tree, paths[i]);
	assert_int_equal(walk(tree), 0);
	assert_int_equal(tree->entered, 1 + COUNT(paths));
}

static void edge_20_hundreds_of_siblings_are_entered(void **state)
{
	struct tree *tree = *state;
	char name[16];

	for (int i = 0; i < 700; i++) {
		(void)snprintf(name, sizeof(name), "group-%d", i);
		make(tree, name);
	}
	assert_int_equal(walk(tree), 0);
	assert_int_equal(tree->entered, 701);
}

/* At each moment of the walk another directory goes, or all that it is in. */
static void a_process_that_goes_while_we_walk_hides_no_other(void **state)
{
	struct tree *tree = *state;
	static const char *const kept[] = { "a", "a/b", "z", "z/y" };

	tree->victim = "m";
	for (tree->at = 1; tree->at <= COUNT(kept) + 1; tree->at++) {
		/* The oldest is the last in the list, or the first. */
		make(tree, "m");
		for (size_t i = 0; i < COUNT(kept); i++)
			make(tree, kept[i]);
		assert_int_equal(walk(tree), 0);
		assert_true(tree->entered >= 1 + COUNT(kept));
		for (size_t i = COUNT(kept); i-- > 0;)
			assert_int_equal(unlinkat(tree->top, kept[i],
						  AT_REMOVEDIR),
					 0);
	}
}

/* It is removed while the walk is in it: no directory can be below it. */
static int go(int dir, void *context)
{
	struct tree *tree = context;

	(void)dir;
	if (++tree->entered == 4)
		for (const char *path = "a/b/c"; *path;
		     path = strcmp(path, "a/b/c") == 0 ? "a/b"
			    : strcmp(path, "a/b") == 0 ? "a"
						       : "")
			assert_int_equal(unlinkat(tree->top, path,
						  AT_REMOVEDIR),
					 0);
	return 0;
}

static void what_we_are_in_may_go_with_all_above_it(void **state)
{
	struct tree *tree = *state;
	struct cgroup_visitor visitor = { .enter = go, .context = tree };

	make(tree, "a");
	make(tree, "a/b");
	make(tree, "a/b/c");
	assert_int_equal(cgroup_walk(tree->top, &visitor), 0);
	assert_int_equal(tree->entered, 4);
	make(tree, "z");
	assert_int_equal(walk(tree), 0);
	assert_int_equal(tree->entered, 2);
}

static void a_top_that_is_gone_has_no_process(void **state)
{
	struct tree *tree = *state;

	make(tree, "a");
	CLEANUP_CLOSE int gone =
		openat(tree->top, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cgroup_visitor visitor = { .enter = enter, .context = tree };

	assert_int_equal(unlinkat(tree->top, "a", AT_REMOVEDIR), 0);
	assert_int_equal(cgroup_walk(gone, &visitor), 0);
}

static struct tree *shared;

/* With so few descriptors: all of them, or an error; never a part. */
static int is_never_short(void)
{
	unsigned all;
	bool failed = false;

	if (walk(shared) < 0)
		return 0;
	all = shared->entered;
	for (rlim_t limit = (rlim_t)shared->top + 1;; limit++) {
		struct rlimit few = { limit, 4096 };
		int r;

		if (setrlimit(RLIMIT_NOFILE, &few) < 0)
			return 0;
		r = walk(shared);
		if (r == 0)
			return failed && shared->entered == all;
		if (r != -EMFILE)
			return 0;
		failed = true;
	}
}

static void few_descriptors_are_an_error(void **state)
{
	struct tree *tree = *state;

	make(tree, "a");
	make(tree, "a/b");
	make(tree, "c");
	shared = tree;
	assert_true(child_says(is_never_short));
}

static int stop_there(int dir, void *context)
{
	struct tree *tree = context;

	(void)dir;
	return ++tree->entered == 2 ? -ENFILE : 0;
}

static void an_error_of_the_visitor_ends_the_walk(void **state)
{
	struct tree *tree = *state;
	struct cgroup_visitor visitor = { .enter = stop_there,
					  .context = tree };

	make(tree, "a");
	make(tree, "a/b");
	assert_int_equal(cgroup_walk(tree->top, &visitor), -ENFILE);
	assert_int_equal(tree->entered, 2);
}

/* Deeper than any path could name. */
static void edge_20_a_thousand_levels_are_entered(void **state)
{
	struct tree *tree = *state;
	int dir = dup(tree->top);

	for (int i = 0; i < 1000; i++) {
		int next;

		assert_int_equal(mkdirat(dir, "level", 0755), 0);
		next = openat(dir, "level", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(dir);
		dir = next;
	}
	(void)close(dir);
	assert_int_equal(walk(tree), 0);
	assert_int_equal(tree->entered, 1001);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_directory_is_entered),
		TEST(edge_20_hundreds_of_siblings_are_entered),
		TEST(edge_20_a_thousand_levels_are_entered),
		TEST(a_process_that_goes_while_we_walk_hides_no_other),
		TEST(what_we_are_in_may_go_with_all_above_it),
		TEST(a_top_that_is_gone_has_no_process),
		TEST(few_descriptors_are_an_error),
		TEST(an_error_of_the_visitor_ends_the_walk),
	};

	return RUN(tests);
}
