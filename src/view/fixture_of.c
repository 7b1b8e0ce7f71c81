// SPDX-License-Identifier: MIT
#include "view/fixture_of.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/supervisor/supervisor.h"
#include "proc/pids.h"

#define GUARD_NAME "jig"

/* Values in `holders` of processes without an answer yet. */
#define UNKNOWN (FIXTURE_NONE - 1)
#define ON_THE_WAY (FIXTURE_NONE - 2)

/* The snapshot, sorted by pid, and the answers so far. */
struct fixture_of_walk {
	const struct proc_stat *stats;
	size_t count;
	struct pid_index *order;
	uint32_t *own; /* for a supervisor: the number of its fixture */
	uint32_t *holders;
};

/* @return  the index of the process with this pid, or FIXTURE_NONE. */
static uint32_t fixture_of_index_of(const struct fixture_of_walk *walk,
				    pid_t pid)
{
	const struct pid_index *found =
		pid_index_find(walk->order, walk->count, pid);

	return found ? found->index : FIXTURE_NONE;
}

static bool fixture_of_is_supervisor(const struct proc_stat *stat)
{
	return strcmp(stat->comm, SUPERVISOR_NAME) == 0 && !stat_is_dead(stat);
}

static int fixture_of_add_fixture(struct fixture_of_walk *walk, uint32_t index,
				  struct list *all)
{
	const struct proc_stat *stat = &walk->stats[index];
	uint32_t parent = fixture_of_index_of(walk, stat->ppid);
	struct fixture_of fixture = {
		.supervisor = stat->pid,
		.outer = FIXTURE_NONE,
	};

	if (parent != FIXTURE_NONE &&
	    strcmp(walk->stats[parent].comm, GUARD_NAME) == 0)
		fixture.guard = walk->stats[parent].pid;
	walk->own[index] = (uint32_t)all->count;
	return list_append(all, &fixture, sizeof(fixture));
}

static int find_supervisors(struct fixture_of_walk *walk, struct list *all)
{
	int r = 0;

	for (uint32_t i = 0; i < walk->count; i++)
		walk->order[i] = (struct pid_index){ walk->stats[i].pid, i };
	pid_index_sort(walk->order, walk->count);
	for (uint32_t i = 0; r == 0 && i < walk->count; i++) {
		walk->own[i] = FIXTURE_NONE;
		walk->holders[i] = UNKNOWN;
		if (fixture_of_is_supervisor(&walk->stats[i]))
			r = fixture_of_add_fixture(walk, i, all);
	}
	return r;
}

/* The fixture of the children of @parent; UNKNOWN: look at its parent. */
static uint32_t fixture_of_answer_of(const struct fixture_of_walk *walk,
				     uint32_t parent)
{
	if (parent == FIXTURE_NONE || walk->holders[parent] == ON_THE_WAY)
		return FIXTURE_NONE;
	if (walk->own[parent] != FIXTURE_NONE)
		return walk->own[parent];
	return walk->holders[parent];
}

/* Go up to a process with an answer; then store it for all on the way. */
static void find_holder(struct fixture_of_walk *walk, uint32_t index)
{
	uint32_t answer = walk->holders[index], at = index;

	while (answer == UNKNOWN) {
		walk->holders[at] = ON_THE_WAY;
		at = fixture_of_index_of(walk, walk->stats[at].ppid);
		answer = fixture_of_answer_of(walk, at);
	}
	while (index != FIXTURE_NONE && walk->holders[index] == ON_THE_WAY) {
		walk->holders[index] = answer;
		index = fixture_of_index_of(walk, walk->stats[index].ppid);
	}
}

static bool is_earlier(const struct proc_stat *a, const struct proc_stat *b)
{
	if (a->start_ticks != b->start_ticks)
		return a->start_ticks < b->start_ticks;
	return a->pid < b->pid;
}

static void find_main(const struct fixture_of_walk *walk, uint32_t index,
		      struct list *all)
{
	const struct proc_stat *stat = &walk->stats[index];
	struct fixture_of *fixture;

	if (walk->holders[index] == FIXTURE_NONE)
		return;
	fixture = list_at(all, walk->holders[index], sizeof(*fixture));
	if (stat->ppid != fixture->supervisor || stat_is_dead(stat))
		return;
	if (fixture->main == 0 ||
	    is_earlier(stat,
		       &walk->stats[fixture_of_index_of(walk, fixture->main)]))
		fixture->main = stat->pid;
}

static void set_outer(const struct fixture_of_walk *walk, uint32_t index,
		      const struct list *all)
{
	struct fixture_of *fixtures = all->items;

	if (fixtures && walk->own[index] != FIXTURE_NONE)
		fixtures[walk->own[index]].outer = walk->holders[index];
}

static int walk_all(struct fixture_of_walk *walk, struct list *all)
{
	int r = find_supervisors(walk, all);

	for (uint32_t i = 0; r == 0 && i < walk->count; i++)
		find_holder(walk, i);
	for (uint32_t i = 0; r == 0 && i < walk->count; i++) {
		find_main(walk, i, all);
		set_outer(walk, i, all);
	}
	return r;
}

int fixtures_find(const struct list *stats, struct fixtures *ret)
{
	size_t room = stats->count + 1;
	CLEANUP_FREE struct pid_index *order = calloc(room, sizeof(*order));
	CLEANUP_FREE uint32_t *own = calloc(room, sizeof(*own));
	uint32_t *holders = calloc(room, sizeof(*holders));
	struct fixtures found = { .holders = holders, .count = stats->count };
	struct fixture_of_walk walk = { stats->items, stats->count, order, own,
					holders };

	if (!order || !own || !holders || walk_all(&walk, &found.all) < 0) {
		fixtures_free(&found);
		return -ENOMEM;
	}
	*ret = found;
	return 0;
}

const struct fixture_of *fixtures_at(const struct fixtures *fixtures,
				     uint32_t number)
{
	if (number >= fixtures->all.count)
		return NULL;
	return list_at(&fixtures->all, number, sizeof(struct fixture_of));
}

const struct fixture_of *fixtures_holder(const struct fixtures *fixtures,
					 size_t index)
{
	if (index >= fixtures->count)
		return NULL;
	return fixtures_at(fixtures, fixtures->holders[index]);
}

bool fixtures_is_within(const struct fixtures *fixtures, size_t index,
			uint32_t number)
{
	uint32_t at = index < fixtures->count ? fixtures->holders[index]
					      : FIXTURE_NONE;

	/* Limited, because in a torn snapshot two supervisors can be each
	 * other's parents. */
	for (size_t i = 0; i < fixtures->all.count; i++) {
		const struct fixture_of *fixture = fixtures_at(fixtures, at);

		if (!fixture || at == number)
			return fixture;
		at = fixture->outer;
	}
	return false;
}

uint32_t fixtures_of_pid(const struct fixtures *fixtures, pid_t pid)
{
	const struct fixture_of *all = fixtures->all.items;

	for (uint32_t i = 0; pid > 0 && i < fixtures->all.count; i++)
		if (all[i].supervisor == pid || all[i].guard == pid ||
		    all[i].main == pid)
			return i;
	return FIXTURE_NONE;
}

void fixtures_free(struct fixtures *fixtures)
{
	list_free(&fixtures->all);
	free(fixtures->holders);
	*fixtures = (struct fixtures){ 0 };
}
