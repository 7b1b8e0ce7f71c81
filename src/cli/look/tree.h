/* SPDX-License-Identifier: MIT */
/*
 * `jig tree`, shared by its files: tree.c has the options, tree_show.c takes a
 * snapshot and prints it, tree_watch.c repeats that. The tree itself does not
 * belong here: view/tree/tree.h.
 */
#ifndef JIG_CLI_LOOK_TREE_H
#define JIG_CLI_LOOK_TREE_H

#include "cli/command/command.h"
#include "view/tree/build.h"
#include "view/tree/draw.h"

enum tree_colour {
	TREE_COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set */
	TREE_COLOUR_ALWAYS,
	TREE_COLOUR_NEVER,
};

struct tree_settings {
	struct view_selection selection;
	pid_t root; /* 0: all processes */
	uint64_t root_start; /* its start time, after the first snapshot */
	bool kernel, arguments, unfold, ascii, wide, json;
	bool watch;
	int64_t interval_us;
	enum tree_colour colour;
	const char *svg, *dot; /* files; "-": stdout; NULL: none */
};

/** A snapshot, its tree, and the jobs in it. */
struct tree_shot {
	struct view view;
	struct tree tree;
	struct list jobs; /* of struct tree_job */
};

/**
 * @fold  which equal leaves are folded, without --unfold.
 * @ret   tree_shot_free() it; it must not be moved.
 * @return  0; -ESRCH the root does not exist, or has ended; -errno.
 */
int tree_shot_take(struct tree_settings *settings, enum tree_fold fold,
		   struct tree_shot *ret, struct fault *fault);
void tree_shot_free(struct tree_shot *shot);

/** The style of the lines. @width  0: no limit. */
struct tree_style tree_style_of(const struct tree_settings *settings,
				const struct tree_shot *shot, size_t width);

/** Write a text to stdout and empty it. @return 0 or -errno. */
int tree_write_out(struct buffer *text, struct fault *fault);

/** Print the tree once, as the settings say. @return the exit status. */
int tree_show(struct tree_settings *settings);

/** Draw until the user quits or the root ends. @return the exit status. */
int tree_watch(struct tree_settings *settings);

extern const struct command command_tree;

#endif
