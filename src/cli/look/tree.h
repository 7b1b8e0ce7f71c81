/* SPDX-License-Identifier: MIT */
/* `jig tree`: what its files share. tree.c has the options, tree_show.c takes a
 * snapshot and writes it, tree_watch.c does so again and again. */
#ifndef JIG_CLI_LOOK_TREE_H
#define JIG_CLI_LOOK_TREE_H

#include "cli/command/command.h"
#include "view/tree/build.h"
#include "view/tree/draw.h"

struct tree_settings {
	struct view_selection selection;
	pid_t root; /* 0: everybody */
	uint64_t root_start; /* its start time, once it was seen */
	bool kernel, arguments, unfold, ascii, wide, json;
	bool watch;
	int64_t interval_us;
	int colour; /* of enum tree_colour */
	const char *svg, *dot; /* files; "-": stdout; NULL: none */
};

enum tree_colour {
	TREE_COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set */
	TREE_COLOUR_ALWAYS,
	TREE_COLOUR_NEVER,
};

/** A snapshot, and all that is to be told of it. */
struct tree_shot {
	struct view view;
	struct tree tree;
	struct list jobs; /* of struct tree_job */
};

/**
 * @fold  which equal leaves become one, unless --unfold was given.
 * @ret   tree_shot_free() it; it must not be moved.
 * @return  0; -ESRCH the root is not there, or not any more; -errno.
 */
int tree_shot_take(struct tree_settings *settings, enum tree_fold fold,
		   struct tree_shot *ret, struct fault *fault);
void tree_shot_free(struct tree_shot *shot);

/** How lines are drawn. @width  0: any. */
struct tree_style tree_style_of(const struct tree_settings *settings,
				const struct tree_shot *shot, size_t width);

/** Write a text to stdout and empty it. @return 0 or -errno. */
int tree_write_out(struct buffer *text, struct fault *fault);

/** Write what the settings ask for, once. @return the exit status. */
int tree_show(struct tree_settings *settings);

/** Draw until it is quit, or the root has ended. @return the exit status. */
int tree_watch(struct tree_settings *settings);

extern const struct command command_tree;

#endif
