/* SPDX-License-Identifier: MIT */
/* Snapshots that were made up, for what is drawn of them. */
#ifndef JIG_TESTS_TREE_SAMPLE_H
#define JIG_TESTS_TREE_SAMPLE_H

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "view/tree/build.h"

#define PTS(number) ((136 << 8) | (number))
#define KERNEL 0x00200000U

/** A row's first members; others behind, by their names. */
#define ROW(pid_, ppid_, pgid_, sid_, ...)                                     \
	{                                                                      \
		.pid = (pid_), .ppid = (ppid_), .pgid = (pgid_),               \
		.sid = (sid_), .comm = __VA_ARGS__                             \
	}

/** What is left out is zero, but for the notes. */
struct row {
	pid_t pid, ppid, pgid, sid;
	const char *comm;
	int threads; /* 0: 1 */
	char state; /* 0: S */
	int tty;
	pid_t tpgid;
	uint32_t flags;
	const char *arguments; /* with blanks between; NULL: not read */
};

static inline void sample_add_arguments(struct view *view,
					struct view_process *process,
					const char *text)
{
	process->arguments = view->text.used;
	process->arguments_size = strlen(text) + 1;
	buffer_add(&view->text, text, strlen(text) + 1);
	for (size_t i = process->arguments; i < view->text.used; i++)
		if (view->text.text[i] == ' ')
			view->text.text[i] = '\0';
}

static inline void sample_add(struct view *view, const struct row *row)
{
	struct proc_stat stat = {
		.pid = row->pid,
		.ppid = row->ppid,
		.pgid = row->pgid,
		.sid = row->sid,
		.tpgid = row->tpgid ? row->tpgid : -1,
		.tty = row->tty,
		.threads = row->threads ? row->threads : 1,
		.state = row->state ? row->state : 'S',
		.flags = row->flags,
	};
	struct view_process process = { .index = (uint32_t)view->stats.count };

	(void)snprintf(stat.comm, sizeof(stat.comm), "%s", row->comm);
	if (row->arguments)
		sample_add_arguments(view, &process, row->arguments);
	assert_int_equal(list_append(&view->stats, &stat, sizeof(stat)), 0);
	assert_int_equal(list_append(&view->shown, &process, sizeof(process)),
			 0);
}

/** All rows are shown, in their own order. view_free() it. */
static inline struct view sample_view(const struct row *rows, size_t count)
{
	struct view view = { 0 };

	for (size_t i = 0; i < count; i++)
		sample_add(&view, &rows[i]);
	assert_int_equal(fixtures_find(&view.stats, &view.fixtures), 0);
	return view;
}

/** @options  NULL: every process, nothing folded. tree_free() it. */
static inline struct tree sample_tree(const struct view *view,
				      const struct tree_options *options)
{
	static const struct tree_options none = { 0 };
	struct tree tree;

	assert_int_equal(tree_build(view, options ? options : &none, &tree), 0);
	return tree;
}

/** The node of a pid, which has to be there. */
static inline uint32_t sample_node(const struct tree *tree, pid_t pid)
{
	for (uint32_t i = 0; i < tree->count; i++)
		if (tree_stat(tree, i)->pid == pid)
			return i;
	fail_msg("%d is not in the tree", pid);
	return TREE_NONE;
}

/** A chain of @count: each the parent of the next; @step sessions of so many.
 */
static inline struct view sample_chain(pid_t count, pid_t step)
{
	struct view view = { 0 };

	for (pid_t i = 1; i <= count; i++) {
		pid_t leader = i - (i - 1) % step;
		struct row row = ROW(i, i - 1, leader, leader, "link");

		sample_add(&view, &row);
	}
	assert_int_equal(fixtures_find(&view.stats, &view.fixtures), 0);
	return view;
}

#endif
