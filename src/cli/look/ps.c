// SPDX-License-Identifier: MIT
/*
 * `jig ps`: processes by session and process group, or the services of `jig up`
 * (ps_is_for_services()).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command/external.h"
#include "cli/look/ps_options.h"
#include "cli/look/selection.h"
#include "tty/raw_terminal.h"
#include "view/columns/columns.h"
#include "view/printable.h"

/* Write lines when there are more bytes than this. */
#define WRITE_SIZE (64UL * 1024)

/* ------------------------------------------------------------------ showing */

static bool has_other_users(const struct view *view)
{
	for (size_t i = 0; i < view->shown.count; i++)
		if (view_at(view, i)->uid != geteuid())
			return true;
	return false;
}

static bool has_fixtures(const struct view *view)
{
	for (size_t i = 0; i < view->shown.count; i++)
		if (fixtures_holder(&view->fixtures, view_at(view, i)->index))
			return true;
	return false;
}

/* Show users and fixtures only if there are any. @width  of a line; 0: any. On
 * a narrow one the command is worth more than times and memory. */
static int usual_columns(const struct view *view, size_t width,
			 struct list *columns, struct fault *fault)
{
	enum { NARROW = 80 };
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "%ssid,pgid,pid,lead,tty,stat,%s%soutline",
		       has_other_users(view) ? "user," : "",
		       width > 0 && width < NARROW ? "" : "etime,pcpu,rss,",
		       has_fixtures(view) ? "fixture," : "");
	return columns_parse(text, columns, fault);
}

/* Cut the line from @start on to the width of the screen. */
static void cut_line(struct buffer *text, size_t start, size_t width)
{
	size_t length;

	if (width == 0 || text->error || text->used <= start + 1)
		return;
	length = text->used - start - 1;
	text->used = start + printable_cut(text->text + start, length, width);
	buffer_add(text, "\n", 1);
}

static int write_out(struct buffer *text)
{
	if (text->error)
		return text->error;
	int r = say_bytes(text->text, text->used);

	if (r == 0)
		text->used = 0;
	return r;
}

static int ps_print_lines(const struct ps_settings *settings,
			  const struct list *columns, const struct view *view)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	size_t width = selection_width(settings->wide);
	int r = 0;

	if (!settings->no_headers) {
		columns_add_headers(columns, &text);
		cut_line(&text, 0, width);
	}
	for (size_t i = 0; r == 0 && i < view->shown.count; i++) {
		size_t start = text.used;

		columns_add_line(columns, view, view_at(view, i), &text);
		cut_line(&text, start, width);
		if (text.used > WRITE_SIZE)
			r = write_out(&text);
	}
	return r < 0 ? r : write_out(&text);
}

static int ps_print_json(const struct view *view)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	view_add_json(view, &text);
	return write_out(&text);
}

static int ps_print(struct ps_settings *settings, const struct view *view,
		    struct fault *fault)
{
	struct list *columns = &settings->columns;
	int r = 0;

	if (!settings->up.json && columns->count == 0)
		r = usual_columns(view, selection_width(settings->wide),
				  columns, fault);
	if (r < 0)
		return r;
	columns_widen(columns, columns_pid_digits());
	r = settings->up.json ? ps_print_json(view)
			      : ps_print_lines(settings, columns, view);
	if (r == -ENOMEM)
		return fault_set(fault, r, "out of memory");
	return r < 0 ? fault_set(fault, r, "cannot write to stdout: %s",
				 strerror(-r))
		     : 0;
}

static unsigned ps_needs(const struct ps_settings *settings)
{
	if (settings->up.json)
		return VIEW_STATUS | VIEW_ARGUMENTS | VIEW_FIXTURES |
		       VIEW_CAGE | VIEW_NAMES;
	if (settings->columns.count == 0)
		return VIEW_STATUS | VIEW_ARGUMENTS | VIEW_FIXTURES |
		       VIEW_NAMES;
	return columns_needs(&settings->columns);
}

static int ps_show(struct ps_settings *settings)
{
	CLEANUP(view_free) struct view view = { 0 };
	struct fault fault = { "out of memory" };
	int r = view_take(&settings->selection, ps_needs(settings), &view,
			  &fault);

	if (r == 0)
		r = ps_print(settings, &view, &fault);
	if (r < 0) {
		complain("ps: %s", fault.text);
		return EXIT_JIG;
	}
	/* With options it is a question of a script. */
	if (view.shown.count == 0 && !settings->is_view)
		complain("none of your processes has a terminal or is in a "
			 "fixture; for all see: jig ps -a");
	return view.shown.count > 0 ? 0 : 1;
}

/* ------------------------------------------------------------------ command */

/* Options may come after words: jig ps 4711 -o args. */
static int ps_parse(const struct command *command, int argc, char **argv,
		    struct ps_settings *settings, struct fault *fault)
{
	int next = 1, r = 0;
	bool split;

	while (r == 0 && next < argc) {
		next = options_parse_part(command, argc, argv, next, settings,
					  &split, fault);
		if (next < 0)
			return next;
		if (next < argc)
			r = ps_take_word(settings, argv[next++], fault);
	}
	return r;
}

/*
 * With an option for services; or, in a project, without an option for
 * processes: scripts check in this way whether a `jig up` runs.
 */
static bool ps_is_for_services(const struct ps_settings *settings)
{
	if (settings->up.services || settings->up.files.count ||
	    settings->up.directory)
		return true;
	return !settings->is_view && external_has_project();
}

static int ps_check(const struct ps_settings *settings, struct fault *fault)
{
	if (settings->is_view && ps_is_for_services(settings))
		return fault_set(
			fault, -EINVAL,
			"these options are for processes, not for services");
	if (settings->up.json && settings->columns.count)
		return fault_set(fault, -EINVAL,
				 "--json excludes -o: it prints all columns");
	return 0;
}

static int ps_run(const struct command *command, int argc, char **argv)
{
	struct ps_settings settings;
	struct fault fault;
	int status;

	ps_settings_init(&settings);
	int r = ps_parse(command, argc, argv, &settings, &fault);

	if (r == 0)
		r = ps_check(&settings, &fault);
	if (options_want_help(r)) {
		status = command_print_help(command, r);
	} else if (r < 0) {
		status = complain_usage(command, &fault);
	} else if (ps_is_for_services(&settings)) {
		status = external_run(command, argc, argv);
	} else {
		status = ps_show(&settings);
	}
	ps_settings_free(&settings);
	return status;
}

static const struct page_pair ps_examples[] = {
	{ "jig ps", "your processes by session; in a project its services" },
	{ "jig ps -a -o pid,comm,cage", "all processes, in these columns" },
	{ NULL, NULL },
};

const struct command command_ps = {
	.name = "ps",
	.task = TASK_LOOK,
	.usage = "[OPTION…] [PID | JOBSPEC]…",
	.words = "process+",
	.summary = "show processes by session and job, or services",
	.manual = "jig-ps(1)",
	.options = { ps_view_options, ps_options },
	.examples = ps_examples,
	.run = ps_run,
};
