// SPDX-License-Identifier: MIT
/*
 * The processes of a fixture, for its guard and its supervisor.
 */
#include <unistd.h>

#include "cage/subreaper.h"
#include "core/probe/ownership.h"

static int append_all(struct list *to, const struct list *from)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->count; i++)
		r = list_append(to, list_at(from, i, sizeof(struct proc_stat)),
				sizeof(struct proc_stat));
	return r;
}

/*
 * The guard sees a pid namespace from outside, where its members are those that
 * descend from its init; and an orphan that left the process group is below the
 * guard all the same.
 */
static int list_cage(struct cage *cage, struct list *found)
{
	CLEANUP(list_free) struct list tree = { 0 }, members = { 0 };
	bool outside = cage->ops->own_pids && cage->reaper != getpid();
	int r = 0;

	if (outside || cage->ops->kind == JIG_CAGE_PGROUP)
		r = subreaper_members(cage, &tree);
	if (r == 0 && !outside)
		r = cage->ops->members(cage, &members);
	if (r == 0)
		r = append_all(found, &tree);
	return r < 0 ? r : append_all(found, &members);
}

pid_t ownership_eyes(const struct probe_view *view)
{
	return view->main_ended ? view->cage->reaper : view->main;
}

static int append_main(const struct probe_view *view, struct cage *cage,
		       struct list *found)
{
	struct proc_stat main;
	int r = stat_read(cage->procfd, view->main, &main);

	if (r < 0)
		return r;
	/* Main's parent is the supervisor. Other children of the guard (exec
	 * probes) are not below it. */
	cage->reaper = main.ppid;
	return list_append(found, &main, sizeof(main));
}

int ownership_members(const struct probe_view *view, struct list *ret)
{
	struct list found = { 0 };
	struct cage cage = *view->cage;
	int r = view->main_ended ? 0 : append_main(view, &cage, &found);

	cage.main = view->main;
	if (r == 0)
		r = list_cage(&cage, &found);
	if (r < 0) {
		list_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}
