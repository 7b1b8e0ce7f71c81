/* SPDX-License-Identifier: MIT */
/*
 * The guard: `jig run` itself, or what libjig spawned.
 *
 * It opens the cage, forks the supervisor, forwards signals and the host's
 * requests, watches the owner, lends the terminal, and takes the report. When
 * the supervisor is killed, its orphans fall to the guard, a subreaper too,
 * which ends them at once.
 *
 * Invariant: it is a subreaper before it forks the supervisor, and it leaves
 * only when nothing is left, or what is left has been named.
 *
 * Files: guard.c (set-up, loop), guard_signals.c (what a signal means),
 * guard_owner.c (who must be alive), guard_alone.c (the supervisor is dead).
 */
#ifndef JIG_CORE_GUARD_H
#define JIG_CORE_GUARD_H

#include "base/fault.h"
#include "cage/cage.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/terminal.h"

/** What came of it. */
struct outcome {
	/** 0: it was started, and `report` says the rest; else -errno, `fault`.
	 */
	int error;
	int stage; /* of the failure: an enum spawn_stage, or WIRE_NO_STAGE */
	struct fault fault;
	struct jig_report *report; /* never freed: it ends with the process */
};

struct guard {
	const struct plan *plan;
	struct outcome *outcome;
	struct cage cage;
	struct terminal terminal;
	enum spawn_group group;
	int signals; /* signalfd */
	int owner; /* pidfd, or -1 */
	pid_t parent; /* the owner where there are no pidfds; 0: none */
	int socket; /* to the supervisor */
	int supervisor_fd; /* its pidfd, or -1 */
	pid_t supervisor;
	pid_t main; /* as we number it; 0 before it has started */
	int host; /* lifeline to a libjig host, or -1 */
	bool reaped; /* the supervisor is gone */
	int resumes; /* how many we have sent */
	bool stop_asked; /* the next signal hurries; nothing stops us */
	bool failed; /* a message said that it was not started */
	void (*on_started)(const struct guard *guard); /* or NULL */
	struct list strangers; /* children that we had before: not ours */
};

/**
 * Run a plan to its end.
 *
 * Blocks all signals of the calling process, which must have one thread and
 * exit soon after.
 *
 * @on_started  called once the command runs; may be NULL.
 */
void guard_run(const struct plan *plan, struct outcome *ret,
	       void (*on_started)(const struct guard *guard));

/* guard_owner.c */

/** Pin the owner. @return 0, or -errno with the reason: it is gone already. */
int guard_open_owner(struct guard *guard, struct fault *fault);

/* guard_signals.c */

/** Block everything that can be, and read it from a descriptor instead. */
int guard_open_signals(struct guard *guard, struct fault *fault);

/** Read and act. */
void guard_read_signals(struct guard *guard);

/** The command was stopped by @signo: stop ourselves, as its shell's job. */
void guard_stop_too(struct guard *guard, int signo);

/* guard_alone.c */

/** The supervisor was killed: end all that it held, fill the report. */
void guard_end_alone(struct guard *guard);

#endif
