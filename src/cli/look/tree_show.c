// SPDX-License-Identifier: MIT
/* `jig tree`: take a snapshot, and print it. */
#include <errno.h>
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/look/selection.h"
#include "cli/look/tree.h"
#include "job/spec.h"
#include "tty/charset.h"
#include "tty/raw_terminal.h"
#include "tty/style.h"
#include "view/picture/file_replace.h"
#include "view/picture/picture.h"

/* Write lines when there are more bytes than this. */
#define WRITE_SIZE (64UL * 1024)

static unsigned tree_show_needs(const struct tree_settings *settings)
{
	if (settings->json)
		return VIEW_STATUS | VIEW_ARGUMENTS | VIEW_FIXTURES |
		       VIEW_CAGE | VIEW_NAMES;
	return VIEW_FIXTURES | (settings->arguments ? VIEW_ARGUMENTS : 0U);
}

/* Without jobs (no runtime directory) fixtures are shown without names. */
static int name_jobs(struct tree_shot *shot)
{
	CLEANUP_FREE struct jig_job *jobs = NULL;
	size_t count = 0;
	int r = 0;

	if (shot->view.fixtures.all.count == 0 ||
	    jig_jobs(&jobs, &count, sizeof(*jobs)) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct tree_job job = { .guard = jobs[i].keeper };

		if (spec_has_ended(&jobs[i]))
			continue;
		(void)snprintf(job.name, sizeof(job.name), "%%%u%s%s",
			       jobs[i].number, *jobs[i].name ? " " : "",
			       jobs[i].name);
		r = list_append(&shot->jobs, &job, sizeof(job));
	}
	return r;
}

/* The pid may have been reused: then the root has ended. */
static int check_root(struct tree_settings *settings,
		      const struct tree_shot *shot)
{
	const struct tree *tree = &shot->tree;

	for (uint32_t i = 0; settings->root && i < tree->count; i++) {
		const struct proc_stat *stat = tree_stat(tree, i);

		if (stat->pid != settings->root)
			continue;
		if (settings->root_start &&
		    settings->root_start != stat->start_ticks)
			return -ESRCH;
		settings->root_start = stat->start_ticks;
		break;
	}
	return 0;
}

static int tree_show_take(struct tree_settings *settings, enum tree_fold fold,
			  struct tree_shot *shot, struct fault *fault)
{
	struct tree_options options = {
		.root = settings->root,
		.kernel = settings->kernel,
		.fold = settings->unfold ? TREE_FOLD_NONE : fold,
		.arguments = settings->arguments,
	};
	int r = view_take(&settings->selection, tree_show_needs(settings),
			  &shot->view, fault);

	if (r < 0)
		return r;
	r = tree_build(&shot->view, &options, &shot->tree);
	if (r == 0)
		r = check_root(settings, shot);
	if (r == 0)
		r = name_jobs(shot);
	if (r == -ESRCH)
		return fault_set(fault, r, "there is no process %d",
				 settings->root);
	return r < 0 ? fault_set(fault, r, "out of memory") : 0;
}

int tree_shot_take(struct tree_settings *settings, enum tree_fold fold,
		   struct tree_shot *ret, struct fault *fault)
{
	int r;

	*ret = (struct tree_shot){ 0 };
	r = tree_show_take(settings, fold, ret, fault);
	if (r < 0)
		tree_shot_free(ret);
	return r;
}

void tree_shot_free(struct tree_shot *shot)
{
	tree_free(&shot->tree);
	list_free(&shot->jobs);
	view_free(&shot->view);
}

/* ------------------------------------------------------------------ drawing */

static bool is_coloured(const struct tree_settings *settings)
{
	if (settings->colour != TREE_COLOUR_AUTO)
		return settings->colour == TREE_COLOUR_ALWAYS;
	return style_is_coloured(STDOUT_FILENO);
}

struct tree_style tree_style_of(const struct tree_settings *settings,
				const struct tree_shot *shot, size_t width)
{
	return (struct tree_style){
		.labels = { .tree = &shot->tree,
			    .jobs = &shot->jobs,
			    .arguments = settings->arguments },
		.width = width,
		.ascii = settings->ascii ||
			 !charset_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"),
					  getenv("LANG")),
		.colour = is_coloured(settings),
	};
}

/* A text larger than stdio's buffer can fail here, before main()'s flush. */
int tree_write_out(struct buffer *text, struct fault *fault)
{
	if (text->error)
		return fault_set(fault, text->error, "out of memory");
	int r = say_bytes(text->text, text->used);

	if (r < 0)
		return fault_set(fault, r, "cannot write to stdout: %s",
				 strerror(-r));
	text->used = 0;
	return 0;
}

static int tree_show_print_lines(const struct tree_settings *settings,
				 const struct tree_shot *shot,
				 struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct tree_style style =
		tree_style_of(settings, shot, selection_width(settings->wide));
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < shot->tree.count; i++) {
		tree_draw_line(&style, i, &text);
		if (text.used > WRITE_SIZE)
			r = tree_write_out(&text, fault);
	}
	return r < 0 ? r : tree_write_out(&text, fault);
}

static int tree_show_print_json(struct tree_shot *shot, struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	int r = tree_order_view(&shot->tree, &shot->view);

	if (r < 0)
		return r;
	view_add_json(&shot->view, &text);
	return tree_write_out(&text, fault);
}

static int write_picture(const char *file, struct buffer *text,
			 struct fault *fault)
{
	if (text->error || strcmp(file, "-") == 0)
		return tree_write_out(text, fault);
	return file_replace(file, text->text, text->used, fault);
}

static int write_pictures(const struct tree_settings *settings,
			  const struct tree_shot *shot, struct fault *fault)
{
	struct tree_labels labels = tree_style_of(settings, shot, 0).labels;
	CLEANUP(buffer_free) struct buffer svg = { 0 };
	CLEANUP(buffer_free) struct buffer dot = { 0 };
	int r = 0;

	if (settings->svg)
		r = picture_add_svg(&labels, &svg);
	if (r == 0 && settings->svg)
		r = write_picture(settings->svg, &svg, fault);
	if (r == 0 && settings->dot)
		r = picture_add_dot(&labels, &dot);
	if (r == 0 && settings->dot)
		r = write_picture(settings->dot, &dot, fault);
	return r;
}

static int tree_show_write_all(const struct tree_settings *settings,
			       struct tree_shot *shot, struct fault *fault)
{
	if (settings->json)
		return tree_show_print_json(shot, fault);
	if (settings->svg || settings->dot)
		return write_pictures(settings, shot, fault);
	return tree_show_print_lines(settings, shot, fault);
}

static enum tree_fold fold_of(const struct tree_settings *settings)
{
	if (settings->json)
		return TREE_FOLD_NONE;
	/* A picture has a box for each group. */
	return settings->svg || settings->dot ? TREE_FOLD_MEMBERS
					      : TREE_FOLD_ALL;
}

int tree_show(struct tree_settings *settings)
{
	struct fault fault = { "out of memory" };
	struct tree_shot shot;
	int status,
		r = tree_shot_take(settings, fold_of(settings), &shot, &fault);

	if (r < 0) {
		complain("tree: %s", fault.text);
		return r == -ESRCH ? 1 : EXIT_JIG;
	}
	r = tree_show_write_all(settings, &shot, &fault);
	if (r < 0)
		complain("tree: %s", fault.text);
	status = shot.tree.count > 0 ? 0 : 1;
	tree_shot_free(&shot);
	return r < 0 ? EXIT_JIG : status;
}
