/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: the single-threaded process that holds one cage.
 *
 * It starts the main process, reaps, stops by the policy, proves that the cage
 * is empty, and reports to the guard. It stays until that proof holds or the
 * bound on SIGKILL has passed, also if other processes die meanwhile: when the
 * guard dies, it stops the cage by itself.
 *
 * Invariant: no wait is unbounded while a process is to be ended; and a pid is
 * signalled only if it is pinned or belongs to an unreaped child of ours.
 *
 * One header for all files of the folder, since they all work on one struct.
 * Each file calls only those that stand before it here, so the files have no
 * circle, except that leftovers.c calls supervisor_reap() before it names
 * survivors:
 *
 *   inner.c       recognizing an inner or outer jig (inner.h)
 *   clock.c       the run clock and the pulse
 *   waking.c      waking the guard
 *   starting.c    main's start, which may hang before execve
 *   describing.c  command lines and marks of leftovers
 *   lineage.c     living parents of leftovers
 *   leftovers.c   processes that outlived main
 *   signalling.c  which processes get a signal
 *   stopping.c    the steps of a stop, and the rounds of SIGKILL
 *   reaping.c     statuses of children, emptiness
 *   requests.c    the board's requests
 *   setup.c       all before the loop
 *   supervisor.c  states, invariants, the loop
 */
#ifndef JIG_CORE_SUPERVISOR_SUPERVISOR_H
#define JIG_CORE_SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>

#include "cage/cage.h"
#include "core/shared/board.h"
#include "core/shared/plan.h"
#include "core/shared/report.h"
#include "core/shared/wake.h"
#include "proc/spawn.h"
#include "proc/stat.h"
#include "proc/status.h"

/** Its comm, by which people and inner jigs recognize it. */
#define SUPERVISOR_NAME "jig-supervisor"

struct supervisor {
	const struct plan *plan;
	struct cage *cage;
	enum spawn_group group; /* the guard has looked at the terminal */
	int terminal; /* for SPAWN_GROUP_FOREGROUND, or -1 */
	bool leads; /* its own session, where main is a job */
	pid_t first_session, first_group; /* ours, until we leave them */
	int socket; /* to the guard; -1 once the guard has died */
	int bell; /* in a pid namespace: a byte continues the guard; else -1 */
	bool tell_start; /* the guard needs a packet when main has started */
	bool plain; /* as the guard's: nothing was inherited but 0, 1 and 2 */
	uint64_t ignored; /* signals that we ignore … */
	bool knows_ignored; /* … if this is known */
	int signals; /* signalfd */
	int owner; /* the guard's descriptor of it, or -1 */
	short owner_events; /* as the guard's */
	int owner_signal; /* as the guard's */

	/* The board's requests that were seen. */
	uint32_t pause_turn, resumes, hurries;
	int64_t signals_again_us; /* some wait to be sent; 0: none */
	int64_t nudge_us; /* the guard is to be continued; 0: it need not */
	bool owner_died; /* we have seen it */
	bool stops_for_owner; /* its death explains one request */
	bool has_frozen; /* all, by a SIGSTOP that was requested */
	bool has_suspended; /* main, on request, and not continued it since */
	bool owes_wake; /* the guard could not be woken: no memory */

	/* The start of main, until it is over. */
	struct spawn spawn;
	struct cage_spawn spawn_storage;
	struct spawning spawning; /* .pid 0: it is over */
	int start_error; /* then: 0, or -errno, which is on the board */

	/* Main's number is its own until it is reaped, so until main_ended;
	 * afterwards it may be another's. */
	struct spawned main;
	bool main_ended;
	bool daemon; /* main has ended, and it goes on without */
	bool childless; /* waitid has said ECHILD */
	bool reap_again; /* more children may have ended */
	int64_t began_us, main_ended_us;
	int64_t timeout_us; /* on the board's run clock; 0: none */

	/* The stop, see stopping.c. */
	bool stopping;
	size_t step;
	int first_signal; /* instead of the first step's; 0: as planned */
	bool rest_told; /* JIG_STOP_MAIN: the others have had it, too */
	int step_signal;
	struct list spared; /* of struct proc_stat: left to jigs inside */
	int64_t step_until_us;
	unsigned kill_round;
	size_t kills_pending; /* sent, and not reaped yet */
	int64_t kill_gap_us; /* time from the last reaping to the next round …
			      */
	int64_t kill_again_us; /* … which is then */
	int64_t kill_began_us;
	size_t kill_left; /* members that we cannot reap, at the last count */
	bool gave_up;

	bool leftovers_taken;
	uint64_t
		leftover_starts[REPORT_LEFTOVERS]; /* start_ticks; 0: unknown */
	uint64_t reaped_start; /* of the one that is being reaped; 0: unknown */
	pid_t reader; /* a child that hangs, see describing.c; 0: none */
	struct board *board; /* shared with guard and host */
	struct jig_report *report; /* the board's */
};

/**
 * Run as the supervisor; returns when the fixture has ended.
 *
 * The caller was forked by the guard, has all signals blocked, and exits with
 * the result.
 */
int supervisor_run(struct supervisor *supervisor);

/* setup.c */

/** All before the loop, with the clone of main. @return 0, or -errno, which is
 * on the board. */
int supervisor_set_up(struct supervisor *supervisor);

/* clock.c */

/** When the time of --timeout is over, on clock_us(); -1: none is running. */
int64_t supervisor_timeout_us(const struct supervisor *supervisor);

/** Before a stop: publish that deadline (core/shared/pulse.h). */
static inline void supervisor_tell_pulse(struct supervisor *supervisor)
{
	int64_t until = supervisor_timeout_us(supervisor);

	pulse_set(&supervisor->board->pulse, until < 0 ? 0 : until);
}

/** The user has suspended the job, or continued it: the run clock stands
 * meanwhile. @return whether this changes anything. */
bool supervisor_suspended(struct supervisor *supervisor, bool suspended);

/* waking.c */

/** Send the guard a packet, so that it reads the board. @fd  goes with it, or
 * -1. */
void supervisor_wake_guard(struct supervisor *supervisor, enum wake_kind kind,
			   int fd);

/** When a guard that has suspended itself has something to do, on clock_us();
 * -1: it has not, or it runs. */
static inline int64_t supervisor_call_us(const struct supervisor *supervisor)
{
	int64_t call_us = atomic_load(&supervisor->board->call_us);

	return atomic_load(&supervisor->board->asleep) && call_us > 0 ? call_us
								      : -1;
}

/** Continue a guard that is suspended and has something to do, if that is due.
 */
void supervisor_rouse_again(struct supervisor *supervisor);

/** Before the end: a guard that has suspended itself is continued. */
void supervisor_rouse_guard(struct supervisor *supervisor);

/** Close the socket. If the owner has died, the guard is continued until it has
 * seen that, at most for a second. */
void supervisor_leave_guard(struct supervisor *supervisor);

/* starting.c */

/** Begin to start main. @return 0, or -errno, which is on the board. */
int supervisor_begin_main(struct supervisor *supervisor);

/** Main was begun: see, without waiting, whether it has executed. */
void supervisor_look_at_start(struct supervisor *supervisor);

/** The same when its process is known to have ended. */
void supervisor_take_start(struct supervisor *supervisor);

/** It could not be started: wait for the child's end, within a bound. */
void supervisor_clear_start(struct supervisor *supervisor);

/** Write on the board why nothing was started. @return @error. */
int supervisor_fail(struct supervisor *supervisor, int error, int stage,
		    const struct fault *fault);

/* requests.c */

/** Read the packets, if there are any, and do what is requested or due. */
void supervisor_read_requests(struct supervisor *supervisor, bool packets);

/** Do what the board requests. */
void supervisor_obey(struct supervisor *supervisor);

/** When more is due, on clock_us(); -1: nothing is. */
int64_t supervisor_requests_due(const struct supervisor *supervisor);

/** The owner has died: stop, and continue a guard that has suspended itself. */
void supervisor_owner_died(struct supervisor *supervisor);

/* reaping.c */

/** Take the statuses that are there, but not without end. Sets main_ended,
 * childless and reap_again. */
void supervisor_reap(struct supervisor *supervisor);

/** Whether every proof of emptiness that the cage has holds. */
bool supervisor_is_empty(struct supervisor *supervisor);

/** Main has ended by itself, and other processes live. @return whether the
 * fixture goes on without main (jig_command.daemon). */
static inline bool supervisor_becomes_daemon(struct supervisor *supervisor)
{
	if (!supervisor->plan->daemon || supervisor->report->main_status != 0)
		return false;
	supervisor->daemon = true;
	supervisor->report->daemon = true;
	return true;
}

/** Before a stop: main may have ended just before it, and then the stop is that
 * of a daemon. */
void supervisor_look_at_daemon(struct supervisor *supervisor);

/* stopping.c */

/** Begin to stop; @signo replaces the first step's signal, 0 does not. */
void supervisor_stop(struct supervisor *supervisor, enum jig_reason reason,
		     int signo);

/** A second request: the next step begins now. */
void supervisor_hurry(struct supervisor *supervisor);

/** Do what is due by now. */
void supervisor_continue_stop(struct supervisor *supervisor);

/** When supervisor_continue_stop() is due, on clock_us(); -1: never. */
int64_t supervisor_stop_deadline(const struct supervisor *supervisor);

/** A process of the cage has died: SIGKILL is repeated for longer. */
void supervisor_note_death(struct supervisor *supervisor);

/* signalling.c */

/** Note a signal in the report: it went to @count processes. */
void supervisor_note_signal(struct supervisor *supervisor, int signo,
			    size_t count);

/** Send main a signal, with SIGCONT. @return how many got it: 1 or 0. */
size_t supervisor_signal_main(struct supervisor *supervisor, int signo);

/** @pid was killed. If it belonged to an inner jig, the processes that were
 * left to that jig get the stop signal from us. */
void supervisor_tell_orphans(struct supervisor *supervisor, pid_t pid);

/**
 * Send a signal to each process of the cage.
 * @stop  it is a stop signal: SIGCONT follows, and the processes of an inner
 * jig are left out, because that jig stops its own fixture.
 */
void supervisor_signal_all(struct supervisor *supervisor, int signo, bool stop);

/* lineage.c */

/** Note the ancestors of leftovers that are leftovers, too: a parent that
 * lives.
 * @starts  start_ticks of each. */
void supervisor_note_lineage(struct supervisor *supervisor,
			     struct leftover *items, const uint64_t *starts,
			     size_t count);

/* leftovers.c */

/** Fill *@ret from what was read of a process. Its command is [comm], since to
 * read a command line may block. */
void leftover_name(const struct proc_stat *stat,
		   const struct proc_status *status, struct leftover *ret);

/** Main has ended and other processes live: note them. Once. */
void supervisor_take_leftovers(struct supervisor *supervisor);

/** Whether this number is that of a leftover whose fate is not known yet. */
bool supervisor_is_leftover(const struct supervisor *supervisor, pid_t pid);

/** @pid, perhaps a leftover, was reaped with @status. */
void supervisor_note_end(struct supervisor *supervisor, pid_t pid, int status);

/** At the end: each process that still lives is a survivor. Clears gave_up if
 * none lives any more. */
void supervisor_take_survivors(struct supervisor *supervisor);

/* describing.c */

/** Fill in the command lines and marks that can be read within a time limit. */
void supervisor_describe(struct supervisor *supervisor,
			 const struct proc_stat *stats, struct leftover *items,
			 size_t count);

#endif
