// SPDX-License-Identifier: MIT
#include "view/tree/label.h"

#include <string.h>

#include "core/supervisor/supervisor.h"
#include "view/columns/columns.h"
#include "view/printable.h"
#include "view/tty_name.h"

static void tree_label_add(struct buffer *ret, const char *text)
{
	buffer_add(ret, text, strlen(text));
}

static void tree_label_add_tty(const struct tree_labels *labels,
			       const struct proc_stat *stat, struct buffer *ret)
{
	const char *drivers = labels->tree->view->drivers;
	char name[TTY_NAME_SIZE];

	if (stat->tty == 0)
		return;
	(void)tty_name(drivers ? drivers : "", stat->tty, name); /* "?" then. */
	tree_label_add(ret, " ");
	(void)printable_add(ret, name, strlen(name), SIZE_MAX);
}

void label_add_number(const struct tree_labels *labels, uint32_t node,
		      struct buffer *ret)
{
	const struct tree_node *at = &labels->tree->nodes[node];
	const struct proc_stat *stat = tree_stat(labels->tree, node);
	bool session = stat->pid == stat->sid, group = stat->pid == stat->pgid;

	if (at->count > 1) {
		(void)cell_number(ret, at->count);
		tree_label_add(ret, "×");
	}
	if (session || group)
		tree_label_add(ret, session ? "[" : "(");
	(void)cell_number(ret, stat->pid);
	if (at->count > 1) {
		tree_label_add(ret, "…");
		(void)cell_number(ret, at->last);
	}
	if (session)
		tree_label_add_tty(labels, stat, ret);
	if (session || group)
		tree_label_add(ret, session ? "]" : ")");
}

void label_add_command(const struct tree_labels *labels, uint32_t node,
		       size_t limit, struct buffer *ret)
{
	const struct tree *tree = labels->tree;
	const struct view_process *process =
		view_at(tree->view, tree->nodes[node].shown);
	const struct proc_stat *stat = view_stat(tree->view, process);

	if (labels->arguments && process->arguments_size > 0)
		(void)cell_args(tree->view, process, limit, ret);
	else
		(void)printable_add(ret, stat->comm, strlen(stat->comm), limit);
}

/* Kernel threads, and processes of another pid namespace, have session 0: no
 * note. */
static void tree_label_add_parts(const struct tree_labels *labels,
				 uint32_t node, struct buffer *ret)
{
	uint32_t parent = labels->tree->nodes[node].parent;
	const struct proc_stat *stat = tree_stat(labels->tree, node);
	const struct proc_stat *above =
		parent == TREE_NONE ? NULL : tree_stat(labels->tree, parent);
	bool session = stat->sid && stat->pid != stat->sid &&
		       (!above || above->sid != stat->sid);
	bool group = stat->pgid && stat->pid != stat->pgid &&
		     (!above || above->pgid != stat->pgid) &&
		     (!session || stat->pgid != stat->sid);

	if (!session && !group)
		return;
	tree_label_add(ret, " in");
	if (session) {
		buffer_printf(ret, " [%d", stat->sid);
		tree_label_add_tty(labels, stat, ret);
		tree_label_add(ret, "]");
	}
	if (group)
		buffer_printf(ret, " (%d)", stat->pgid);
}

void label_add_notes(const struct tree_labels *labels, uint32_t node,
		     struct buffer *ret)
{
	const struct proc_stat *stat = tree_stat(labels->tree, node);

	if (stat->threads > 1)
		buffer_printf(ret, " {%d threads}", stat->threads);
	if (stat_is_dead(stat))
		tree_label_add(ret, " <defunct>");
	if (stat_is_stopped(stat))
		tree_label_add(ret, " <stopped>");
	tree_label_add_parts(labels, node, ret);
}

static void tree_label_add_job(const struct list *jobs, pid_t guard,
			       struct buffer *ret)
{
	for (size_t i = 0; jobs && i < jobs->count; i++) {
		const struct tree_job *job = list_at(jobs, i, sizeof(*job));

		if (job->guard != guard)
			continue;
		tree_label_add(ret, " ");
		(void)printable_add(ret, job->name, strlen(job->name),
				    SIZE_MAX);
	}
}

void label_add_fixture(const struct tree_labels *labels, uint32_t node,
		       struct buffer *ret)
{
	const struct fixtures *fixtures = &labels->tree->view->fixtures;
	const struct proc_stat *stat = tree_stat(labels->tree, node);
	const struct fixture_of *fixture;

	/* The name first: looking for the fixture goes through all of them. */
	if (strcmp(stat->comm, SUPERVISOR_NAME) != 0)
		return;
	fixture = fixtures_at(fixtures, fixtures_of_pid(fixtures, stat->pid));
	if (!fixture || fixture->supervisor != stat->pid)
		return;
	if (fixture->guard == 0) {
		tree_label_add(ret, "fixture without a guard");
		return;
	}
	buffer_printf(ret, "fixture jig-%d", fixture->guard);
	tree_label_add_job(labels->jobs, fixture->guard, ret);
}

static const char *ascii_of(const char *character)
{
	static const char *const pairs[][2] = {
		{ "×", "x" },
		{ "…", "..." },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strncmp(character, pairs[i][0], strlen(pairs[i][0])) == 0)
			return pairs[i][1];
	return "?";
}

void label_to_ascii(struct buffer *text, size_t start)
{
	struct buffer ascii = { 0 };

	if (text->error || text->used <= start)
		return;
	for (const char *at = text->text + start; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (c < 0x80)
			buffer_add(&ascii, at, 1);
		else if ((c & 0xc0) != 0x80) /* the first byte of a character */
			tree_label_add(&ascii, ascii_of(at));
	}
	text->used = start;
	if (ascii.used > 0)
		buffer_add(text, ascii.text, ascii.used);
	if (ascii.error)
		text->error = ascii.error;
	buffer_free(&ascii);
}
