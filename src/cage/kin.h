/* SPDX-License-Identifier: MIT */
/*
 * Kin: which children of the guard are the cage's, once its supervisor is dead.
 *
 * A guard can have other children: those that its process had before
 * (`exec jig run` in a shell with background jobs), all orphans of these, and,
 * as PID 1, the orphans of everything that was started beside it. When the
 * supervisor is killed, its orphans fall to the guard as well. Both look the
 * same: what tells them apart is where they come from.
 *
 *   - an unreaped child that was seen while the supervisor lived is a stranger,
 *     since what the supervisor holds was below it then;
 *   - who is older than the supervisor is a stranger;
 *   - a member of the cage's cgroup, or who bears the cage's brand, is ours;
 *     so is who bears the brand of a jig that ran inside of the cage.
 *
 * Invariant: what none of these tells is left alone, and then the cage is not
 * said to be empty.
 */
#ifndef JIG_CAGE_KIN_H
#define JIG_CAGE_KIN_H

#include "base/list.h"
#include "cage/cage.h"

enum kin_verdict {
	KIN_OURS,
	KIN_STRANGER,
	KIN_UNKNOWN,
};

struct kin {
	const struct cage *cage;
	uint64_t supervisor_ticks; /* when it started; 0: not known */
	struct list strangers; /* of pid_t: unreaped children, so pinned */
	struct list brands; /* of uint64_t: of jigs inside of the cage */
};

/** All children of ours, but @except, are strangers: note those. */
int kin_note_strangers(struct kin *kin, const pid_t *except, size_t count);

/** A child was reaped: its number is free. */
void kin_forget(struct kin *kin, pid_t pid);

/** Whose an unreaped child of ours is. */
enum kin_verdict kin_judge(const struct kin *kin, pid_t child);

/** Learn from all below our own children, before they are ended. */
void kin_learn(struct kin *kin);

/** All descendants that are ours, for a sweep whose context is the cage. */
int kin_members(void *context, struct list *ret);
int kin_confirm(void *context, struct descent *descent,
		const struct proc_stat *now);

void kin_free(struct kin *kin);

#endif
