/* SPDX-License-Identifier: MIT */
/*
 * The fixture of each process, by a snapshot of all processes.
 *
 * A process belongs to the innermost supervisor above it (by ppid; comm is
 * SUPERVISOR_NAME): a supervisor is a subreaper, so the processes of its
 * fixture always stay below it. An inner fixture, with its guard and
 * supervisor, belongs to the outer one. Only the guard is outside of its own
 * fixture: it is the supervisor's parent, and the owner's child.
 *
 * Pure: reads the snapshot, not the machine. Only for display: a process that
 * has given itself the name of a supervisor counts as one. Ending processes
 * must not use it: cage/cage.h.
 */
#ifndef JIG_VIEW_FIXTURE_OF_H
#define JIG_VIEW_FIXTURE_OF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "proc/stat.h"

/** The number for "no fixture". */
#define FIXTURE_NONE UINT32_MAX

struct fixture_of {
	pid_t supervisor;
	/** Its parent, if this is a jig; 0: it was killed, or is hidden. */
	pid_t guard;
	/** The oldest child of the supervisor; 0: none. After the end of the
	 * main process this is an adopted child: /proc does not distinguish
	 * them. */
	pid_t main;
	uint32_t outer; /* the fixture around it, or FIXTURE_NONE */
};

struct fixtures {
	struct list
		all; /* of struct fixture_of, in the order of the snapshot */
	/** For each process of the snapshot: the number of its fixture, or
	 * FIXTURE_NONE. For a supervisor: of the fixture around its own. */
	uint32_t *holders;
	size_t count; /* number of processes */
};

/**
 * Find all fixtures.
 *
 * Cost: one sort and one walk, for any depth. A snapshot is not atomic:
 * processes in a circle of parents belong to no fixture.
 *
 * @stats  a list of struct proc_stat, each pid once, in any order.
 * @ret    fixtures_free() it.
 * @return  0 or -ENOMEM.
 */
int fixtures_find(const struct list *stats, struct fixtures *ret);

/** The fixture with this number, or NULL for FIXTURE_NONE. */
const struct fixture_of *fixtures_at(const struct fixtures *fixtures,
				     uint32_t number);

/** The innermost fixture of the @index-th process; NULL: none. */
const struct fixture_of *fixtures_holder(const struct fixtures *fixtures,
					 size_t index);

/** Whether the @index-th process is in this fixture, or in an inner one. */
bool fixtures_is_within(const struct fixtures *fixtures, size_t index,
			uint32_t number);

/** The fixture with this guard, supervisor or main process; or FIXTURE_NONE. */
uint32_t fixtures_of_pid(const struct fixtures *fixtures, pid_t pid);

/** Accepts a zeroed struct. */
void fixtures_free(struct fixtures *fixtures);

#endif
