// SPDX-License-Identifier: MIT
/*
 * `jig ps`: processes by session and process group; or the services of `jig up`
 * (is_for_services()).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/columns.h"
#include "app/printable.h"
#include "app/raw_terminal.h"
#include "app/tty_name.h"
#include "app/view.h"
#include "base/text.h"
#include "cli/external.h"
#include "cli/job.h"

/* Lines are written when there are this many bytes of them. */
#define WRITE_SIZE (64UL * 1024)

/* Those of services stand first: both share their options' functions. */
struct ps_settings {
	struct up_settings up;
	struct view_selection selection;
	struct list columns; /* of struct column_use; none: the usual ones */
	bool is_view; /* an option of ours was given */
	bool no_headers, wide;
};

/* ------------------------------------------------------------------ options */

/* Each word of "1,2 3": commas or blanks between. */
static int take_words(struct list *list, const char *value,
		      int (*take)(struct list *list, const char *word,
				  struct fault *fault),
		      struct fault *fault)
{
	static const char separators[] = ", \t\n";
	size_t before = list->count;
	char word[256];
	int r = 0;

	for (value += strspn(value, separators); r == 0 && *value;
	     value += strspn(value, separators)) {
		size_t length = strcspn(value, separators);

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, value);
		r = take(list, word, fault);
		value += length;
	}
	if (r == 0 && list->count == before)
		r = fault_set(fault, -EINVAL, "nothing is named");
	return r;
}

static int add_item(struct list *list, const void *item, size_t size,
		    struct fault *fault)
{
	return list_append(list, item, size) < 0
		       ? fault_set(fault, -ENOMEM, "out of memory")
		       : 0;
}

static int take_number(struct list *list, const char *word, struct fault *fault)
{
	uint64_t number;
	pid_t pid;

	if (text_number(word, INT32_MAX, &number) < 0)
		return fault_set(fault, -EINVAL, "'%s' is no number of one",
				 word);
	pid = (pid_t)number;
	return add_item(list, &pid, sizeof(pid), fault);
}

static int take_tty(struct list *list, const char *word, struct fault *fault)
{
	int tty;

	if (tty_find(word, &tty) < 0)
		return fault_set(fault, -EINVAL, "there is no terminal '%s'",
				 word);
	return add_item(list, &tty, sizeof(tty), fault);
}

static int take_user(struct list *list, const char *word, struct fault *fault)
{
	CLEANUP(user_names_free) struct user_names names = { 0 };
	uid_t uid;

	if (user_names_read(&names) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (user_names_find(&names, word, &uid) < 0)
		return fault_set(fault, -EINVAL, "there is no user '%s'", word);
	return add_item(list, &uid, sizeof(uid), fault);
}

static struct ps_settings *ours(void *data)
{
	struct ps_settings *settings = data;

	settings->is_view = true;
	return settings;
}

static int take_columns(void *data, const char *value, struct fault *fault)
{
	return columns_parse(value, &ours(data)->columns, fault);
}

static int take_all(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->selection.all = true;
	return 0;
}

static int take_pids(void *data, const char *value, struct fault *fault)
{
	return take_words(&ours(data)->selection.pids, value, take_number,
			  fault);
}

static int take_sessions(void *data, const char *value, struct fault *fault)
{
	return take_words(&ours(data)->selection.sessions, value, take_number,
			  fault);
}

static int take_groups(void *data, const char *value, struct fault *fault)
{
	return take_words(&ours(data)->selection.groups, value, take_number,
			  fault);
}

static int take_ttys(void *data, const char *value, struct fault *fault)
{
	return take_words(&ours(data)->selection.ttys, value, take_tty, fault);
}

static int take_users(void *data, const char *value, struct fault *fault)
{
	return take_words(&ours(data)->selection.users, value, take_user,
			  fault);
}

static int take_cage(void *data, const char *value, struct fault *fault)
{
	return add_item(&ours(data)->selection.cages, &value, sizeof(value),
			fault);
}

/* The job that a jobspec means is the fixture that its keeper guards. */
static int take_job(struct ps_settings *settings, const char *spec,
		    struct fault *fault)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	const struct jig_job *job;
	size_t index;
	int r = job_list(&jobs);

	if (r < 0)
		return fault_set(fault, r, "%s: there are no jobs", spec);
	r = jig_job_find(jobs.items, jobs.count, spec, &index);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", spec,
				 r == -ENOTUNIQ ? "ambiguous job spec"
						: "no such job");
	job = list_at(&jobs, index, sizeof(*job));
	if (job->state == JIG_JOB_ENDED || job->state == JIG_JOB_LOST)
		return fault_set(fault, -ESRCH, "%s: job has terminated", spec);
	return add_item(&settings->selection.guards, &job->keeper,
			sizeof(job->keeper), fault);
}

static int take_fixture(void *data, const char *value, struct fault *fault)
{
	struct ps_settings *settings = ours(data);

	if (*value == '%')
		return take_job(settings, value, fault);
	return add_item(&settings->selection.fixtures, &value, sizeof(value),
			fault);
}

static int take_no_headers(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->no_headers = true;
	return 0;
}

static int take_wide(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->wide = true;
	return 0;
}

static const struct option view_options[] = {
	{ 'a', "all", NULL, NULL, "all processes", take_all },
	{ 'p', "pid", "PID,...", NULL, "these processes", take_pids },
	{ 's', "session", "SID,...", NULL, "those of these sessions",
	  take_sessions },
	{ 'g', "group", "PGID,...", NULL, "those of these process groups",
	  take_groups },
	{ 't', "tty", "TTY,...", NULL, "those with these terminals (?: none)",
	  take_ttys },
	{ 'u', "user", "USER,...", NULL, "those of these users (effective)",
	  take_users },
	{ 0, "fixture", "NAME|PID|JOBSPEC", NULL, "those in this fixture",
	  take_fixture },
	{ 0, "cage", "NAME|PID", NULL, "those in this cage", take_cage },
	{ 'o', "columns", "NAME,...", NULL,
	  "columns of ps(1); NAME=HEADER renames one", take_columns },
	{ 0, "no-headers", NULL, NULL, "without the first line",
	  take_no_headers },
	{ 'w', "wide", NULL, NULL, "lines longer than the terminal is wide",
	  take_wide },
	{ 0 },
};

/* ------------------------------------------------------------------ showing */

static bool any_is_anothers(const struct view *view)
{
	for (size_t i = 0; i < view->shown.count; i++)
		if (view_at(view, i)->uid != geteuid())
			return true;
	return false;
}

static bool any_is_held(const struct view *view)
{
	for (size_t i = 0; i < view->shown.count; i++)
		if (fixtures_holder(&view->fixtures, view_at(view, i)->index))
			return true;
	return false;
}

/* Users and fixtures take room only where they tell something. */
static int usual_columns(const struct view *view, struct list *columns,
			 struct fault *fault)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "%ssid,pgid,pid,lead,tty,stat,etime,pcpu,rss,%soutline",
		       any_is_anothers(view) ? "user," : "",
		       any_is_held(view) ? "fixture," : "");
	return columns_parse(text, columns, fault);
}

/* Columns of the screen; 0: any number. */
static size_t line_width(const struct ps_settings *settings)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (settings->wide)
		return 0;
	if (text && text_number(text, INT32_MAX, &number) == 0 && number > 0)
		return number;
	if (!isatty(STDOUT_FILENO) ||
	    raw_terminal_size(STDOUT_FILENO, &size) < 0)
		return 0;
	return size.ws_col;
}

/* The line from @start on, cut to the screen. */
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
	errno = 0;
	if (fwrite(text->text, 1, text->used, stdout) < text->used)
		return errno ? -errno : -EIO;
	text->used = 0;
	return 0;
}

static int print_lines(const struct ps_settings *settings,
		       const struct list *columns, const struct view *view)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	size_t width = line_width(settings);
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

static int print_json(const struct view *view)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	view_add_json(view, &text);
	return write_out(&text);
}

static int print(struct ps_settings *settings, const struct view *view,
		 struct fault *fault)
{
	struct list *columns = &settings->columns;
	int r = 0;

	if (!settings->up.json && columns->count == 0)
		r = usual_columns(view, columns, fault);
	if (r < 0)
		return r;
	columns_widen(columns, columns_pid_digits());
	r = settings->up.json ? print_json(view)
			      : print_lines(settings, columns, view);
	return r < 0 ? fault_set(fault, r, "cannot write to stdout: %s",
				 strerror(-r))
		     : 0;
}

static unsigned needs(const struct ps_settings *settings)
{
	if (settings->up.json)
		return VIEW_STATUS | VIEW_ARGUMENTS | VIEW_FIXTURES |
		       VIEW_CAGE | VIEW_NAMES;
	if (settings->columns.count == 0)
		return VIEW_STATUS | VIEW_ARGUMENTS | VIEW_FIXTURES |
		       VIEW_NAMES;
	return columns_needs(&settings->columns);
}

static int show(struct ps_settings *settings)
{
	CLEANUP(view_free) struct view view = { 0 };
	struct fault fault = { "out of memory" };
	int r = view_take(&settings->selection, needs(settings), &view, &fault);

	if (r == 0)
		r = print(settings, &view, &fault);
	if (r < 0) {
		complain("ps: %s", fault.text);
		return EXIT_JIG;
	}
	return view.shown.count > 0 ? 0 : 1;
}

/* ------------------------------------------------------------------ command */

static int take_word(struct ps_settings *settings, const char *word,
		     struct fault *fault)
{
	if (*word == '%')
		return take_fixture(settings, word, fault);
	if (strspn(word, "0123456789, ") == strlen(word))
		return take_pids(settings, word, fault);
	return fault_set(fault, -EINVAL, "'%s' is no pid and no %%job", word);
}

/* Options may stand behind words: jig ps 4711 -o args. */
static int parse(const struct command *command, int argc, char **argv,
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
			r = take_word(settings, argv[next++], fault);
	}
	return r;
}

/*
 * With an option of theirs; or with none of ours where a project is, as it
 * always was: scripts ask so whether a `jig up` runs.
 */
static bool is_for_services(const struct ps_settings *settings)
{
	if (settings->up.services || settings->up.files.count ||
	    settings->up.directory)
		return true;
	return !settings->is_view && external_has_project();
}

static int check(const struct ps_settings *settings, struct fault *fault)
{
	if (settings->is_view && is_for_services(settings))
		return fault_set(fault, -EINVAL,
				 "services have none of these options");
	if (settings->up.json && settings->columns.count)
		return fault_set(fault, -EINVAL,
				 "--json has all columns: it takes no -o");
	return 0;
}

static int ps_run(const struct command *command, int argc, char **argv)
{
	struct ps_settings settings = { 0 };
	struct fault fault;
	int status;

	up_settings_init(&settings.up);
	int r = parse(command, argc, argv, &settings, &fault);

	if (r == 0)
		r = check(&settings, &fault);
	if (r == OPTIONS_HELP) {
		command_print_help(command);
		status = 0;
	} else if (r < 0) {
		status = complain_usage(command, &fault);
	} else if (is_for_services(&settings)) {
		status = external_run(command, argc, argv);
	} else {
		status = show(&settings);
	}
	up_settings_free(&settings.up);
	view_selection_free(&settings.selection);
	list_free(&settings.columns);
	return status;
}

const struct command command_ps = {
	.name = "ps",
	.usage = "[OPTION…] [PID | JOBSPEC]…",
	.summary = "show processes by session and job, or services",
	.manual = "jig-ps(1)",
	.options = ps_options,
	.more_options = view_options,
	.run = ps_run,
};
