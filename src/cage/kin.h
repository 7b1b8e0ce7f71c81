/* SPDX-License-Identifier: MIT */
/*
 * Which children of the guard belong to the cage ("kin") after the supervisor
 * has died.
 *
 * A guard can have other children: those that its process had before
 * (`exec jig run` in a shell with background jobs), their orphans, and, as
 * PID 1, all orphans of its pid namespace. When the supervisor is killed, the
 * guard inherits the supervisor's orphans as well. Three rules tell them apart:
 *
 *   - an unreaped child that was seen while the supervisor lived is a stranger,
 *     because members of the cage were below the supervisor then;
 *   - a process that is older than the supervisor is a stranger;
 *   - a process belongs to the cage if it is in the cage's cgroup, or has the
 *     brand of the cage or of a jig that ran inside of the cage.
 *
 * A process can change its limits, and so remove its brand. Then two more rules
 * apply:
 *
 *   - a child belongs to the cage if no stranger can have left us an orphan:
 *     all strangers are living guards of --with, which are subreapers;
 *   - else a child with the very limit that we have is probably a stranger:
 *     only root can restore it.
 *
 * Invariant: a child that is not known to belong to the cage is left alone, and
 * then the cage is not reported as empty. Unless it is probably a stranger, it
 * is named as a survivor.
 */
#ifndef JIG_CAGE_KIN_H
#define JIG_CAGE_KIN_H

#include "base/list.h"
#include "cage/cage.h"

enum kin_verdict {
	KIN_OURS,
	KIN_STRANGER,
	KIN_PROBABLY_STRANGER,
	KIN_UNKNOWN,
};

struct kin {
	const struct cage *cage;
	uint64_t supervisor_ticks; /* when it started; 0: not known */
	struct list strangers; /* of pid_t: unreaped children, so pinned */
	struct list brands; /* of uint64_t: of jigs inside of the cage */
	const struct list *guards; /* of pid_t: of --with; NULL: none */
	bool unsettled; /* a stranger was reaped since they were noted */
};

/** Note all children of this process, except @except, as strangers. They are
 * settled then: their orphans are among them. */
int kin_note_strangers(struct kin *kin, const pid_t *except, size_t count);

/** A child was reaped, so its pid may be reused. */
void kin_forget(struct kin *kin, pid_t pid);

/** Whether an unreaped child of this process belongs to the cage. */
enum kin_verdict kin_judge(const struct kin *kin, pid_t child);

/** Collect the brands of jigs inside of the cage, before they are ended. */
void kin_learn(struct kin *kin);

/** All descendants that belong to the cage; for a sweep with the cage as
 * context. */
int kin_members(void *context, struct list *ret);
int kin_confirm(void *context, struct descent *descent,
		const struct proc_stat *now);

void kin_free(struct kin *kin);

#endif
