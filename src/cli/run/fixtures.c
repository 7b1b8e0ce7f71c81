// SPDX-License-Identifier: MIT
#include "cli/run/fixtures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/input.h"
#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/options.h"
#include "net/names.h"

/* Options about all fixtures may be given for any of them. */
static void hoist(struct with *to, const struct with *from)
{
	to->ignore_deaths = to->ignore_deaths || from->ignore_deaths;
	to->parallel = to->parallel || from->parallel;
	if (from->log_dir)
		to->log_dir = from->log_dir;
}

static bool is_taken(const struct with *with, const char *name)
{
	for (size_t i = 0; i < with->fixtures.count; i++) {
		const struct with_fixture *one =
			list_at(&with->fixtures, i, sizeof(*one));

		if (strcmp(one->name, name) == 0)
			return true;
	}
	return false;
}

/* --name; else "/usr/bin/redis-server --port 0" → "redis-server", then
 * "redis-server-2". */
static char *run_fixtures_name_of(const struct run_settings *settings,
				  const struct run_settings *group,
				  const char *shell)
{
	size_t word, start = 0;
	char name[NAME_SIZE] = "fixture";
	char *numbered = NULL;

	if (group->name)
		return strdup(group->name);
	if (strncmp(shell, "exec ", 5) == 0)
		shell += 5;
	word = strcspn(shell, " \t");
	for (size_t i = 0; i < word; i++)
		if (shell[i] == '/')
			start = i + 1;
	if (name_check(shell + start, word - start) == 0)
		text_copy(name, word - start + 1, shell + start);
	if (!is_taken(&settings->with, name))
		return strdup(name);
	return asprintf(&numbered, "%s-%zu", name, settings->groups.count) < 0
		       ? NULL
		       : numbered;
}

/* A NULL-terminated copy of @argv, which run_with_free() frees. */
static char **copy_words(struct run_settings *settings, const char *shell,
			 char **argv, int count)
{
	struct with_group group = {
		.shell = shell,
		.options = calloc((size_t)count + 1, sizeof(*argv)),
	};

	if (!group.options)
		return NULL;
	if (list_append(&settings->groups, &group, sizeof(group)) < 0) {
		free(group.options);
		return NULL;
	}
	memcpy(group.options, argv, (size_t)count * sizeof(*argv));
	return group.options;
}

static char *run_fixtures_own_name(struct run_settings *settings,
				   const struct run_settings *group,
				   const char *shell)
{
	char *name = run_fixtures_name_of(settings, group, shell);

	if (name && list_append(&settings->texts, &name, sizeof(name)) < 0) {
		free(name);
		return NULL;
	}
	return name;
}

static void run_fixtures_take_options(struct with_fixture *fixture,
				      const struct run_settings *group)
{
	fixture->has_probe = group->ready.count > 0;
	fixture->fail_leftovers = group->leftovers == LEFTOVERS_FAIL;
	fixture->hide_leftovers =
		group->quiet || group->leftovers == LEFTOVERS_IGNORE;
}

static int run_fixtures_add_group(struct run_settings *settings,
				  const struct run_settings *group,
				  const char *shell, char **argv, int count,
				  struct fault *fault)
{
	char **options = copy_words(settings, shell, argv, count);
	char *name =
		options ? run_fixtures_own_name(settings, group, shell) : NULL;

	if (!name)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (settings->groups.count > WITH_FIXTURES)
		return fault_set(fault, -E2BIG, "more than %d fixtures",
				 WITH_FIXTURES);
	if (is_taken(&settings->with, name))
		return fault_set(fault, -EINVAL,
				 "two fixtures have the name '%s': give each a "
				 "--name",
				 name);
	hoist(&settings->with, &group->with);

	int r = with_add(&settings->with, name, shell, options);

	if (r == 0)
		run_fixtures_take_options(
			with_at(&settings->with,
				settings->with.fixtures.count - 1),
			group);
	return r;
}

/* Whether one of the values, NAME or NAME=…, has this name. */
static bool run_fixtures_has_name(const struct list *values, const char *name,
				  size_t length)
{
	for (size_t i = 0; i < values->count; i++) {
		const char *value = *(char **)list_at(values, i, sizeof(value));

		if (strcspn(value, "=") == length &&
		    memcmp(value, name, length) == 0)
			return true;
	}
	return false;
}

static int run_fixtures_remember(struct list *given, const struct list *values)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < values->count; i++)
		r = list_append(given, list_at(values, i, sizeof(char *)),
				sizeof(char *));
	return r;
}

/* {port:NAME} in a fixture's command is a name of its own or of one before it:
 * the server would take it for an argument. */
static int run_fixtures_check_names(struct run_settings *settings,
				    const struct run_settings *group,
				    const char *shell, struct fault *fault)
{
	size_t length;

	if (run_fixtures_remember(&settings->given, &group->ports) < 0 ||
	    run_fixtures_remember(&settings->given, &group->listens) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	while ((shell = names_next(shell, &length))) {
		if (!run_fixtures_has_name(&settings->given, shell, length))
			return fault_set(fault, -EINVAL,
					 "{…:%.*s} in the command of --with: "
					 "nothing has this name; add --port "
					 "%.*s behind it",
					 (int)length, shell, (int)length,
					 shell);
		shell += length;
	}
	return 0;
}

/* Parse from a --with up to the next one, or to the command. */
static int parse_group(const struct command *command, int argc, char **argv,
		       int first, struct run_settings *settings,
		       const char **next, struct fault *fault)
{
	struct run_settings group;
	const char *shell = *next;
	bool split;
	int end, count, r;

	run_settings_init(&group);
	end = options_parse_part(command, argc, argv, first, &group, &split,
				 fault);
	if (end >= 0) {
		/* Without the last --with or "--". */
		count = end - first;
		if (split)
			count -= strncmp(argv[end - 1], "--with=", 7) == 0 ? 1
									   : 2;
		else if (end > first && strcmp(argv[end - 1], "--") == 0)
			count--;
		r = run_fixtures_add_group(settings, &group, shell,
					   argv + first, count, fault);
		if (r == 0)
			r = run_fixtures_check_names(settings, &group, shell,
						     fault);
		if (r == 0)
			r = run_settings_complete(&group, fault);
		*next = split ? group.next_with : NULL;
		end = r < 0 ? r : end;
	}
	run_settings_free(&group);
	return end;
}

int run_with_parse(const struct command *command, int argc, char **argv,
		   struct run_settings *settings, struct fault *fault)
{
	bool split;
	int at = options_parse_part(command, argc, argv, 1, settings, &split,
				    fault);
	const char *next = split ? settings->next_with : NULL;

	/* A guard gets the options of its fixture. */
	if (at >= 0 && settings->name && settings->plan.lifeline < 0)
		return fault_set(fault, -EINVAL,
				 "--name %s is not behind a --with",
				 settings->name);
	while (at >= 0 && next)
		at = parse_group(command, argc, argv, at, settings, &next,
				 fault);
	return at;
}

int run_with_start(struct run_settings *settings, struct fault *fault)
{
	struct with *with = &settings->with;
	int r;

	if (with->fixtures.count == 0)
		return 0;
	with->quiet = settings->quiet;
	with->owner = settings->plan.owner;
	with->rules = &settings->plan.rules;
	if (settings->plan.input.fd >= 0) {
		with->owner_fd = fd_dup_above(settings->plan.input.fd, 3);
		with->owner_events = input_hang_up;
	}
	r = with_start(with, fault);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < with->names.count; i++)
		r = run_add_name(settings,
				 list_at(&with->names, i, sizeof(struct name)),
				 fault);
	if (r == 0)
		r = with_descriptors(with, &settings->guard_fds);
	if (r == 0)
		r = with_guards(with, &settings->guards);
	if (r < 0) {
		(void)with_stop(with);
		return r;
	}
	settings->plan.watched = with->epoll;
	settings->plan.guard_fds = &settings->guard_fds;
	settings->plan.guards = &settings->guards;
	settings->plan.noticed = with_noticed;
	settings->plan.noticed_context = with;
	return 0;
}

int run_with_stop(struct run_settings *settings, int status,
		  const struct outcome *outcome)
{
	struct with *with = &settings->with;
	struct buffer text = { 0 };
	size_t survivors;
	bool died;

	if (with->fixtures.count == 0)
		return status;
	(void)with_noticed(with); /* fixtures that have died just now */
	/* None has come while they started: that is a failure. */
	with->asked = outcome->asked;
	died = with_has_died(with);
	if (status != 0 && !outcome->asked.signals && !settings->quiet)
		with_say_tails(with);
	survivors = with_stop(with);
	complain_at_leisure();
	with_summary(with, &text);
	if (!settings->quiet && text.text)
		complain("fixtures: %s; the command ended with status %d",
			 text.text, status);
	buffer_free(&text);
	if (survivors > 0 || status == EXIT_SURVIVORS)
		return EXIT_SURVIVORS;
	if (died || with->lost)
		return EXIT_JIG;
	return with->left && status == 0 ? EXIT_LEFTOVERS : status;
}
