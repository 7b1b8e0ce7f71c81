// SPDX-License-Identifier: MIT
/*
 * Which processes `jig ps` shows, by its options.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cage/cgroup_path.h"
#include "cage/registry.h"
#include "view/view.h"

static bool is_narrowed(const struct view_selection *selection)
{
	return selection->all || selection->pids.count ||
	       selection->sessions.count || selection->groups.count ||
	       selection->ttys.count || selection->users.count ||
	       selection->cages.count || selection->fixtures.count ||
	       selection->guards.count;
}

unsigned view_selection_needs(const struct view_selection *selection)
{
	unsigned needs = 0;

	if (!is_narrowed(selection))
		needs |= VIEW_USER | VIEW_FIXTURES;
	if (selection->users.count)
		needs |= VIEW_USER;
	if (selection->cages.count)
		needs |= VIEW_CAGE | VIEW_FIXTURES;
	if (selection->fixtures.count || selection->guards.count)
		needs |= VIEW_FIXTURES;
	return needs;
}

/* ------------------------------------------------------ cages and fixtures */

/* "jig-123-0123456789abcdef", or its prefix "jig-123". */
static int parse_cage_name(const char *text, pid_t *ret_guard)
{
	uint64_t number;

	if (registry_parse(text, ret_guard, &number) == 0)
		return 0;
	if (strncmp(text, "jig-", 4) != 0 ||
	    text_number(text + 4, INT32_MAX, &number) < 0)
		return -EINVAL;
	*ret_guard = (pid_t)number;
	return 0;
}

/* The fixture of a guard, supervisor or main process; or of any member. */
static uint32_t fixture_at_pid(const struct view *view, pid_t pid)
{
	const struct proc_stat *stats = view->stats.items;
	uint32_t number = fixtures_of_pid(&view->fixtures, pid);

	for (size_t i = 0; number == FIXTURE_NONE && i < view->stats.count; i++)
		if (stats[i].pid == pid)
			return view->fixtures.holders[i];
	return number;
}

static bool is_main_named(const struct view *view,
			  const struct fixture_of *fixture, const char *name)
{
	const struct proc_stat *stats = view->stats.items;

	for (size_t i = 0; i < view->stats.count; i++)
		if (stats[i].pid == fixture->main)
			return strcmp(stats[i].comm, name) == 0;
	return false;
}

/* Append the numbers of the fixtures that @text means. */
static int find_fixtures(const struct view *view, const char *text,
			 struct list *found)
{
	const struct fixture_of *all = view->fixtures.all.items;
	uint64_t pid;
	int r = 0;

	if (text_number(text, INT32_MAX, &pid) == 0) {
		uint32_t number = fixture_at_pid(view, (pid_t)pid);

		return number == FIXTURE_NONE
			       ? 0
			       : list_append(found, &number, sizeof(number));
	}
	for (uint32_t i = 0; r == 0 && i < view->fixtures.all.count; i++) {
		pid_t guard;

		if (parse_cage_name(text, &guard) == 0
			    ? guard == all[i].guard
			    : is_main_named(view, &all[i], text))
			r = list_append(found, &i, sizeof(i));
	}
	return r;
}

static int add_guards(const struct view *view, const char *text,
		      size_t first_fixture, struct view_targets *targets)
{
	pid_t guard;
	int r = 0;

	if (parse_cage_name(text, &guard) == 0)
		return list_append(&targets->guards, &guard, sizeof(guard));
	for (size_t i = first_fixture; r == 0 && i < targets->caged.count;
	     i++) {
		uint32_t number = *(uint32_t *)list_at(&targets->caged, i,
						       sizeof(number));

		guard = fixtures_at(&view->fixtures, number)->guard;
		if (guard > 0)
			r = list_append(&targets->guards, &guard,
					sizeof(guard));
	}
	return r;
}

static int find_cages(const struct view *view,
		      const struct view_selection *selection,
		      struct view_targets *targets, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < selection->cages.count; i++) {
		const char *text = *(const char **)list_at(&selection->cages, i,
							   sizeof(text));
		size_t guards = targets->guards.count;
		size_t caged = targets->caged.count;

		r = find_fixtures(view, text, &targets->caged);
		if (r == 0)
			r = add_guards(view, text, caged, targets);
		if (r == 0 && guards == targets->guards.count &&
		    caged == targets->caged.count)
			return fault_set(fault, -ENOENT,
					 "there is no cage '%s'", text);
	}
	return r < 0 ? fault_set(fault, r, "out of memory") : 0;
}

static int find_named_fixtures(const struct view *view,
			       const struct view_selection *selection,
			       struct view_targets *targets,
			       struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < selection->fixtures.count; i++) {
		const char *text = *(const char **)list_at(&selection->fixtures,
							   i, sizeof(text));
		size_t before = targets->fixtures.count;

		r = find_fixtures(view, text, &targets->fixtures);
		if (r == 0 && before == targets->fixtures.count)
			return fault_set(fault, -ENOENT,
					 "there is no fixture '%s'", text);
	}
	return r < 0 ? fault_set(fault, r, "out of memory") : 0;
}

/* A fixture without a guard has ended meanwhile: it matches no process. */
static int find_guarded(const struct view *view,
			const struct view_selection *selection,
			struct view_targets *targets, struct fault *fault)
{
	const pid_t *guards = selection->guards.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < selection->guards.count; i++) {
		uint32_t number = fixtures_of_pid(&view->fixtures, guards[i]);

		if (number != FIXTURE_NONE)
			r = list_append(&targets->fixtures, &number,
					sizeof(number));
	}
	return r < 0 ? fault_set(fault, r, "out of memory") : 0;
}

int view_find_targets(const struct view *view,
		      const struct view_selection *selection,
		      struct view_targets *ret, struct fault *fault)
{
	struct view_targets targets = { 0 };
	int r = find_cages(view, selection, &targets, fault);

	if (r == 0)
		r = find_named_fixtures(view, selection, &targets, fault);
	if (r == 0)
		r = find_guarded(view, selection, &targets, fault);
	if (r < 0) {
		view_targets_free(&targets);
		return r;
	}
	*ret = targets;
	return 0;
}

void view_targets_free(struct view_targets *targets)
{
	list_free(&targets->guards);
	list_free(&targets->caged);
	list_free(&targets->fixtures);
}

/* --------------------------------------------------------------- matching */

/* Whether the kind is not given, or the value is one of it. */
static bool select_fits(const struct list *wanted, int value)
{
	return wanted->count == 0 || list_has(wanted, &value, sizeof(value));
}

static bool is_within_any(const struct view *view, size_t index,
			  const struct list *numbers)
{
	const uint32_t *items = numbers->items;

	for (size_t i = 0; i < numbers->count; i++)
		if (fixtures_is_within(&view->fixtures, index, items[i]))
			return true;
	return false;
}

bool view_fits_stat(const struct view *view, size_t index,
		    const struct view_selection *selection,
		    const struct view_targets *targets)
{
	const struct proc_stat *stat =
		list_at(&view->stats, index, sizeof(*stat));

	if (!is_narrowed(selection))
		return stat->tty != 0 ||
		       view->fixtures.holders[index] != FIXTURE_NONE;
	return select_fits(&selection->pids, stat->pid) &&
	       select_fits(&selection->sessions, stat->sid) &&
	       select_fits(&selection->groups, stat->pgid) &&
	       select_fits(&selection->ttys, stat->tty) &&
	       ((selection->fixtures.count == 0 &&
		 selection->guards.count == 0) ||
		is_within_any(view, index, &targets->fixtures));
}

bool view_fits_user(const struct view_selection *selection, uid_t uid)
{
	if (!is_narrowed(selection))
		return uid == geteuid();
	return selection->users.count == 0 ||
	       list_has(&selection->users, &uid, sizeof(uid));
}

/* Whether the control group's path contains a cage of one of @guards. */
static bool is_caged(const char *cgroup, const struct list *guards)
{
	char path[4096], name[VIEW_CAGE_SIZE];

	if (cgroup_parse_own(cgroup, path, sizeof(path)) < 0)
		return false;
	for (const char *part = path; *part;) {
		size_t length = strcspn(part, "/");
		pid_t guard;
		uint64_t brand;

		(void)snprintf(name, sizeof(name), "%.*s", (int)length, part);
		if (registry_parse(name, &guard, &brand) == 0 &&
		    list_has(guards, &guard, sizeof(guard)))
			return true;
		part += length + (part[length] == '/');
	}
	return false;
}

bool view_fits_cage(const struct view *view, size_t index, const char *cgroup,
		    const struct view_selection *selection,
		    const struct view_targets *targets)
{
	return selection->cages.count == 0 ||
	       is_within_any(view, index, &targets->caged) ||
	       is_caged(cgroup, &targets->guards);
}

void view_selection_free(struct view_selection *selection)
{
	list_free(&selection->pids);
	list_free(&selection->sessions);
	list_free(&selection->groups);
	list_free(&selection->ttys);
	list_free(&selection->users);
	list_free(&selection->cages);
	list_free(&selection->fixtures);
	list_free(&selection->guards);
}
