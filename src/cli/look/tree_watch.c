// SPDX-License-Identifier: MIT
/* `jig tree --watch`: redraw the tree at an interval. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"
#include "cli/look/selection.h"
#include "cli/look/tree.h"
#include "tty/full_screen.h"

struct watch {
	struct tree_settings *settings;
	struct full_screen screen;
	struct tree_shot shot;
	uint32_t top; /* the node on the first line */
	int64_t next_us; /* when the next snapshot is taken */
};

static int take_shot(struct watch *watch, struct fault *fault)
{
	int64_t now = clock_us();

	if (now < watch->next_us)
		return 0;
	tree_shot_free(&watch->shot);
	watch->next_us = clock_add_us(now, watch->settings->interval_us);
	return tree_shot_take(watch->settings, TREE_FOLD_ALL, &watch->shot,
			      fault);
}

/* ------------------------------------------------------------------- screen */

static void add_status(const struct watch *watch, size_t columns, size_t below,
		       struct buffer *ret)
{
	const struct tree *tree = &watch->shot.tree;
	char text[256];
	int length = snprintf(
		text, sizeof(text),
		"processes: %u, groups: %u, sessions: %u; every %g s; q quits",
		tree->processes, tree->groups, tree->sessions,
		(double)watch->settings->interval_us / 1e6);

	if (below > 0 && length > 0 && (size_t)length < sizeof(text))
		(void)snprintf(text + length, sizeof(text) - (size_t)length,
			       "; %zu more below", below);
	buffer_printf(ret, "%.*s", (int)columns, text);
}

static int draw(struct watch *watch)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	uint32_t count = watch->shot.tree.count, shown = 0;
	size_t rows, columns;
	struct tree_style style;

	full_screen_size(&watch->screen, &rows, &columns);
	/* After a line that fills the last column, terminals differ in what
	 * ESC [ K erases. */
	columns -= columns > 1;
	style = tree_style_of(watch->settings, &watch->shot, columns);
	if (watch->top + rows > count + 1)
		watch->top = count + 1 > rows ? count + 1 - (uint32_t)rows : 0;
	for (; shown + 1 < rows && watch->top + shown < count; shown++)
		tree_draw_line(&style, watch->top + shown, &text);
	add_status(watch, columns, count - watch->top - shown, &text);
	return text.error ? text.error
			  : full_screen_draw(&watch->screen, text.text);
}

/* Scroll by @lines; draw() limits it to the end. */
static void tree_watch_scroll(struct watch *watch, int64_t lines)
{
	int64_t top = watch->top + lines;

	watch->top = top < 0		    ? 0
		     : top > UINT32_MAX / 2 ? UINT32_MAX / 2
					    : (uint32_t)top;
}

/* @return  whether the user quits. */
static bool tree_watch_take_key(struct watch *watch, const char *key)
{
	static const struct {
		const char *key;
		int lines, screens;
	} moves[] = {
		{ "j", 1, 0 },	     { "\033[B", 1, 0 },   { "k", -1, 0 },
		{ "\033[A", -1, 0 }, { " ", 0, 1 },	   { "\033[6~", 0, 1 },
		{ "b", 0, -1 },	     { "\033[5~", 0, -1 },
	};
	size_t rows, columns;

	full_screen_size(&watch->screen, &rows, &columns);
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (strcmp(key, moves[i].key) == 0)
			tree_watch_scroll(watch,
					  moves[i].lines +
						  moves[i].screens *
							  ((int)rows - 1));
	return *key == 'q' || *key == 'Q';
}

static int watch_screen(struct watch *watch, struct fault *fault)
{
	enum full_screen_event event = FULL_SCREEN_TIME;
	char key[16];
	int r = 0;

	while (r == 0 && event != FULL_SCREEN_GONE) {
		r = take_shot(watch, fault);
		if (r == 0)
			r = draw(watch);
		if (r < 0)
			return r;
		event = full_screen_wait(&watch->screen, watch->next_us, key);
		if (event == FULL_SCREEN_KEY && tree_watch_take_key(watch, key))
			return 0;
	}
	return r;
}

/* ------------------------------------------------------------------- frames */

/* Without a screen: print the trees, with an empty line between. */
static int watch_frames(struct watch *watch, struct fault *fault)
{
	for (;;) {
		struct buffer text = { 0 };
		struct tree_style style;
		int r = take_shot(watch, fault);

		if (r < 0)
			return r;
		style = tree_style_of(watch->settings, &watch->shot,
				      selection_width(watch->settings->wide));
		for (uint32_t i = 0; i < watch->shot.tree.count; i++)
			tree_draw_line(&style, i, &text);
		buffer_add(&text, "\n", 1);
		r = tree_write_out(&text, fault);
		buffer_free(&text);
		if (r == 0 && fflush(stdout) != 0)
			r = fault_set(fault, -errno,
				      "cannot write to stdout: %s",
				      strerror(errno));
		if (r < 0)
			return r;
		(void)poll_fds(NULL, 0, clock_poll_ms(watch->next_us));
	}
}

/* ------------------------------------------------------------------ command */

static bool has_screen(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

static int tree_watch_run(struct watch *watch, struct fault *fault)
{
	int r = take_shot(watch, fault);

	if (r < 0)
		return r;
	if (!has_screen())
		return watch_frames(watch, fault);
	r = full_screen_open(STDIN_FILENO, STDOUT_FILENO, &watch->screen,
			     fault);
	if (r < 0)
		return r;
	r = watch_screen(watch, fault);
	full_screen_close(&watch->screen);
	return r;
}

int tree_watch(struct tree_settings *settings)
{
	struct watch watch = { .settings = settings };
	struct fault fault = { "out of memory" };
	int r = tree_watch_run(&watch, &fault);

	tree_shot_free(&watch.shot);
	/* The root has ended: not an error. */
	if (r == -ESRCH && settings->root_start != 0) {
		complain("tree: process %d has ended", settings->root);
		return 0;
	}
	if (r < 0)
		complain("tree: %s", fault.text);
	return r == 0 ? 0 : r == -ESRCH ? 1 : EXIT_JIG;
}
