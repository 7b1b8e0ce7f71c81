// SPDX-License-Identifier: MIT
#include "cli/look/ps_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/look/selection.h"
#include "view/columns/columns.h"
#include "view/tty_name.h"

static int take_tty(struct list *list, const char *word, struct fault *fault)
{
	int tty;

	if (tty_find(word, &tty) < 0)
		return fault_set(fault, -EINVAL, "there is no terminal '%s'",
				 word);
	return selection_add(list, &tty, sizeof(tty), fault);
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

static int ps_options_take_all(void *data, const char *value,
			       struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->selection.all = true;
	return 0;
}

static int ps_options_take_pids(void *data, const char *value,
				struct fault *fault)
{
	return selection_take_words(&ours(data)->selection.pids, value,
				    selection_take_number, fault);
}

static int ps_options_take_sessions(void *data, const char *value,
				    struct fault *fault)
{
	return selection_take_words(&ours(data)->selection.sessions, value,
				    selection_take_number, fault);
}

static int take_groups(void *data, const char *value, struct fault *fault)
{
	return selection_take_words(&ours(data)->selection.groups, value,
				    selection_take_number, fault);
}

static int take_ttys(void *data, const char *value, struct fault *fault)
{
	return selection_take_words(&ours(data)->selection.ttys, value,
				    take_tty, fault);
}

static int ps_options_take_users(void *data, const char *value,
				 struct fault *fault)
{
	return selection_take_words(&ours(data)->selection.users, value,
				    selection_take_user, fault);
}

static int ps_options_take_cage(void *data, const char *value,
				struct fault *fault)
{
	return selection_add(&ours(data)->selection.cages, &value,
			     sizeof(value), fault);
}

/* A job's fixture is the one whose guard is the job's keeper. */
static int take_job(struct ps_settings *settings, const char *spec,
		    struct fault *fault)
{
	pid_t keeper;
	int r = selection_find_job(spec, &keeper, fault);

	return r < 0 ? r
		     : selection_add(&settings->selection.guards, &keeper,
				     sizeof(keeper), fault);
}

static int take_fixture(void *data, const char *value, struct fault *fault)
{
	struct ps_settings *settings = ours(data);

	if (*value == '%')
		return take_job(settings, value, fault);
	return selection_add(&settings->selection.fixtures, &value,
			     sizeof(value), fault);
}

static int take_no_headers(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->no_headers = true;
	return 0;
}

static int ps_options_take_wide(void *data, const char *value,
				struct fault *fault)
{
	(void)value, (void)fault;
	ours(data)->wide = true;
	return 0;
}

const struct option ps_view_options[] = {
	OPTION_GROUP("selection"),
	{ 'a', "all", NULL, NULL, "all processes", ps_options_take_all },
	{ 'p', "pid", "PID,...", NULL, "these processes",
	  ps_options_take_pids },
	{ 's', "session", "SID,...", NULL, "processes of these sessions",
	  ps_options_take_sessions },
	{ 'g', "group", "PGID,...", NULL, "processes of these process groups",
	  take_groups },
	{ 't', "tty", "TTY,...", NULL,
	  "processes with these terminals (?: none)", take_ttys },
	{ 'u', "user", "USER,...", NULL, "processes of these users (effective)",
	  ps_options_take_users },
	{ 0, "fixture", "NAME|PID|JOBSPEC", NULL, "processes in this fixture",
	  take_fixture },
	{ 0, "cage", "NAME|PID", NULL, "processes in this cage",
	  ps_options_take_cage },
	OPTION_GROUP("columns"),
	{ 'o', "columns", "NAME,...", NULL,
	  "columns of ps(1); NAME=HEADER renames one", take_columns },
	{ 0, "no-headers", NULL, NULL, "print no header line",
	  take_no_headers },
	{ 'w', "wide", NULL, NULL, "do not cut lines to the terminal's width",
	  ps_options_take_wide },
	{ 0 },
};

int ps_take_word(struct ps_settings *settings, const char *word,
		 struct fault *fault)
{
	if (*word == '%')
		return take_fixture(settings, word, fault);
	if (strspn(word, "0123456789, ") == strlen(word))
		return ps_options_take_pids(settings, word, fault);
	return fault_set(fault, -EINVAL, "'%s' is not a pid or a jobspec",
			 word);
}

void ps_settings_init(struct ps_settings *settings)
{
	*settings = (struct ps_settings){ 0 };
	up_settings_init(&settings->up);
}

void ps_settings_free(struct ps_settings *settings)
{
	up_settings_free(&settings->up);
	view_selection_free(&settings->selection);
	list_free(&settings->columns);
}
