/* SPDX-License-Identifier: MIT */
/*
 * Fixtures as a snapshot of all processes shows them: which supervisor holds
 * whom.
 *
 * A process belongs to the innermost supervisor above it (by ppid, comm
 * SUPERVISOR_NAME): a supervisor is a subreaper, so whatever its fixture's
 * processes do, they stay below it. A fixture in a fixture belongs to the outer
 * one, guard and supervisor too. Only the guard can stand outside: it is the
 * supervisor's parent, and the owner's child.
 *
 * Pure: what is asked is the snapshot, not the machine. It is for people: who
 * has named itself as a supervisor is taken for one. Ending processes must not
 * rest on it (cage/cage.h is for that).
 */
#ifndef JIG_VIEW_FIXTURE_OF_H
#define JIG_VIEW_FIXTURE_OF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "proc/stat.h"

/** No fixture: the number of one that is not there. */
#define FIXTURE_NONE UINT32_MAX

struct fixture_of {
	pid_t supervisor;
	/** Its parent, when that is a jig; 0: it was killed, or is hidden. */
	pid_t guard;
	/** The child of the supervisor that was started first; 0: none is left.
	 * When the main process has ended, that is one which was adopted: /proc
	 * does not tell them apart. */
	pid_t main;
	uint32_t outer; /* the fixture around it, or FIXTURE_NONE */
};

struct fixtures {
	struct list all; /* of struct fixture_of, in the snapshot's order */
	/** For each process of the snapshot, in its order: the number of the
	 * fixture that holds it, or FIXTURE_NONE. A supervisor is held by the
	 * fixture around its own. */
	uint32_t *holders;
	size_t count; /* of processes */
};

/**
 * Find all fixtures.
 *
 * Costs one sort and one walk, however deep the tree is. A snapshot is not
 * atomic: a cycle in it is nobody's.
 *
 * @stats  a list of struct proc_stat, each pid once, in any order.
 * @ret    fixtures_free() it.
 * @return  0 or -ENOMEM.
 */
int fixtures_find(const struct list *stats, struct fixtures *ret);

/** The @number-th, or NULL for FIXTURE_NONE. */
const struct fixture_of *fixtures_at(const struct fixtures *fixtures,
				     uint32_t number);

/** The innermost that holds the @index-th process; NULL: none. */
const struct fixture_of *fixtures_holder(const struct fixtures *fixtures,
					 size_t index);

/** Whether the @index-th process is in it, or in one inside of it. */
bool fixtures_is_within(const struct fixtures *fixtures, size_t index,
			uint32_t number);

/** The one with this guard, supervisor or main process; or FIXTURE_NONE. */
uint32_t fixtures_of_pid(const struct fixtures *fixtures, pid_t pid);

/** Accepts a zeroed one. */
void fixtures_free(struct fixtures *fixtures);

#endif
