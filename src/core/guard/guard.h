/* SPDX-License-Identifier: MIT */
/*
 * The guard: `jig run` itself, or what libjig spawned.
 *
 * It opens the cage, forks the supervisor, forwards signals and the host's
 * requests, watches the owner, lends the terminal, and takes the report. When
 * the supervisor is killed, the guard, a subreaper too, adopts its orphans and
 * ends them at once.
 *
 * Invariant: it is a subreaper before it forks the supervisor, and it exits
 * only after no process is left, or each one that is left has been named.
 *
 * One header for all files of the folder, since they all work on one struct.
 * Each file calls only those that stand before it here, so the files have no
 * circle:
 *
 *   owner.c       the owner's pidfd
 *   group.c       main in our own process group
 *   clearing.c    cages that earlier jigs had to abandon
 *   tell.c        what the guard writes on the board
 *   probes.c      output and probes before and after the run
 *   ready.c       output and probes on the loop, and their result
 *   remote.c      what the relay of a fixture on another machine tells
 *   sleep.c       the guard suspends itself, as a shell's job
 *   overdue.c     the supervisor lives, but does not finish
 *   children.c    which children are the cage's
 *   signals.c     what a signal means
 *   board.c       what supervisor and host have written on the board
 *   setup.c       all before the loop
 *   alone.c       the supervisor was killed
 *   leave.c       all after the loop
 *   guard.c       states, invariants, the loop
 *
 * Not here: the steps of a stop (core/supervisor), and the words of the report
 * (core/shared/report.h).
 */
#ifndef JIG_CORE_GUARD_GUARD_H
#define JIG_CORE_GUARD_GUARD_H

#include "base/fault.h"
#include "cage/cage.h"
#include "cage/kin.h"
#include <poll.h>
#include <sys/signalfd.h>

#include "core/ancestry/watch.h"
#include "core/shared/asked.h"
#include "core/shared/board.h"
#include "core/shared/plan.h"
#include "core/shared/remote.h"
#include "core/shared/report.h"
#include "core/shared/wake.h"
#include "core/terminal/terminal.h"

/** The result of guard_run(). */
struct outcome {
	/** 0: it was started, see `report`; else -errno, see `fault`. */
	int error;
	int stage; /* of the failure: an enum spawn_stage, or BOARD_NO_STAGE */
	struct fault fault;
	/** -errno, see `problem`; 0: it became ready, or has no probe. */
	int unready;
	int64_t ready_us; /* from start to ready; -1: it never was */
	bool unhealthy; /* it was ready, and then a probe failed: `problem` */
	struct fault problem;
	struct asked asked; /* the signals that have requested a stop */
	pid_t abandoned; /* a child of ours that hangs in a call, or 0 */
	struct jig_report *report; /* never freed: it ends with the process */
	/** What runs on the other machine is not known. */
	bool is_lost;
	struct fault lost; /* why; or why output of it is lost; or "" */
};

struct guard;

/** Events for the caller of guard_run(); each may be NULL. */
struct guard_hooks {
	void (*started)(struct guard *guard); /* the command runs */
	void (*ready)(struct guard *guard); /* as was requested */
	void (*unhealthy)(struct guard *guard); /* see outcome->problem */
	void (*suspended)(struct guard *guard, int signo); /* as by Ctrl-Z */
	void (*continued)(struct guard *guard);
	void (*main_ended)(struct guard *guard);
	void *context;
};

struct guard {
	const struct plan *plan;
	const struct guard_hooks *hooks;
	struct outcome *outcome;
	struct cage cage;
	struct terminal terminal;
	enum spawn_group group;
	int signals; /* signalfd */
	int owner; /* pidfd; or, of INPUT_OWNER, input.fd; or -1 */
	short owner_events; /* that show its end, for poll(2) */
	struct input input; /* of INPUT_OWNER: whose bytes we discard */
	int owner_signal; /* the first signal of a stop for its death; 0: the
			     planned one */
	pid_t parent; /* the owner where there are no pidfds; 0: none */
	bool parent_wakes; /* its death continues us: guard_ask_wake() */
	int socket; /* to the supervisor */
	int bell; /* a pipe by which one in a pid namespace continues us; or -1
		   */
	int supervisor_fd; /* its pidfd, or -1 */
	pid_t supervisor;
	pid_t main; /* as we number it; 0 before it has started */
	bool daemon; /* main has ended, and the fixture goes on without it */
	int host; /* lifeline to a libjig host, or -1 */
	bool reaped; /* the supervisor has ended, and was reaped */
	bool main_ended; /* and we have seen it */
	struct board *board; /* shared with supervisor and host */
	uint32_t state_turn, host_hurries; /* what we have seen of it */
	uint32_t host_recalls;
	unsigned recalls; /* packets that the host has asked for */
	int64_t recall_us; /* when the next of them is sent; 0: none is due */
	bool look; /* read the board in this round, without a packet */
	bool owes_supervisor, owes_host; /* a packet: there was no memory */
	bool host_stop; /* jig_stop() was seen */
	bool stop_asked; /* a signal may hurry; we do not suspend */
	bool suspend_asked; /* by a SIGTSTP to us, not by the terminal */
	/* As the board's: before the supervisor's clone; and those read. */
	uint64_t early, early_read;
	bool failed; /* the board says that it was not started */
	bool ready_told; /* that it is ready, or never will be */
	int64_t started_us;
	int64_t started_run_us; /* the same on the board's run clock */
	char waiting[FAULT_SIZE]; /* what readiness waits for, as on the board
				   */
	int64_t stop_us; /* when we first requested a stop; 0: never */
	int64_t late_us; /* the last look at a late supervisor; 0: not late */
	int64_t late_used_ns; /* … and its processor time then */
	int64_t stands_us; /* when the supervisor was suspended; 0: it runs */
	struct watch watch; /* over births in the fixture */
	struct kin kin; /* which children are the cage's, see cage/kin.h */
	uint64_t ignored; /* signals that we ignore … */
	bool knows_ignored; /* … if this is known */
	bool plain; /* we inherited nothing to drop but 0, 1 and 2 */
	bool has_strangers; /* other children are possible: then kin decides */
	pid_t clearing; /* child that clears abandoned cages, unreaped; 0 */
};

/**
 * Run a plan to its end.
 *
 * Blocks all signals of the calling process, which must have one thread and
 * exit soon after.
 *
 * @hooks  called while it runs; NULL: none.
 */
void guard_run(const struct plan *plan, const struct guard_hooks *hooks,
	       struct outcome *ret);

/* owner.c */

/** Pin the owner. @return 0, or -errno with the reason: it has ended already.
 */
int guard_open_owner(struct guard *guard, struct fault *fault);

/**
 * Make the kernel continue us when the owner dies while we are suspended. A
 * parent of several threads is not used for this, see owner.c.
 */
void guard_ask_wake(struct guard *guard);

/** What poll(2) is to watch of the owner. */
short guard_owner_events(const struct guard *guard);

/** Act on what poll(2) has found of the owner. @return  whether it has ended;
 * then it is watched no more. */
bool guard_owner_has_ended(struct guard *guard, short revents);

/* group.c */

/** Main is in our process group: the terminal's signals reach both of us. */
bool guard_shares_group(const struct guard *guard);

/** Whether the session has a terminal. Only a job-control shell notices that a
 * job was suspended, and it needs a terminal for that. Without one, we suspend
 * ourselves only on request. */
bool guard_has_terminal(const struct guard *guard);

/** Note what the owner's death means, once main's group is known. */
void guard_note_group(struct guard *guard);

/**
 * Whether a signal is main's alone: the terminal has sent it to the group that
 * main is in, and main acts on it. Before main's clone it was not in the group;
 * once it has ended, or has made a group of its own, there is only us. May wait
 * for the clone, a second at most.
 */
bool guard_leaves_to_main(struct guard *guard,
			  const struct signalfd_siginfo *info);

/** Whether the terminal has sent this signal to main as well. */
bool guard_terminal_told_main(const struct guard *guard,
			      const struct signalfd_siginfo *info);

/** Whether our caller, and so the command, ignores it. */
bool guard_ignores(const struct guard *guard, int signo);

/* signals.c */

/** Block all signals, and read them from a descriptor. */
int guard_open_signals(struct guard *guard, struct fault *fault);

/** Value of a SIGCONT (sigqueue(3)) that continues the guard alone: its fixture
 * may stay suspended. */
#define GUARD_WAKE 0x6a6967

/** Read and act. */
void guard_read_signals(struct guard *guard);

/** For asked_add(): when main ended, if its end has begun a stop. */
void guard_note_main_end(struct guard *guard);

/* sleep.c */

/** Send ourselves the token: a signal that stays pending until a SIGCONT
 * deletes it. @return 0 or -errno. */
int guard_open_token(struct guard *guard, struct fault *fault);

/** Whether it was deleted. */
bool guard_lacks_token(const struct guard *guard);

/** After each SIGCONT, before it is acted on: send the token again. */
void guard_put_token(const struct guard *guard);

/** At the end: discard the token. It would suspend us once signals are not
 * blocked. */
void guard_take_token(const struct guard *guard);

/**
 * Suspend ourselves by @signo, until SIGCONT. The owner may die meanwhile: the
 * supervisor watches it too, and wakes us. A packet that comes after our last
 * check and before we are suspended has no effect, so the supervisor repeats
 * it. While board->asleep is set, only urgent packets are sent: we read the
 * board when we are continued.
 *
 * Without pidfds the supervisor cannot watch the owner: then the kernel sends
 * us SIGCONT when our parent dies. It also sends SIGCONT when only the thread
 * that forked us ends. Then we continue, as after the SIGCONT of `fg`.
 *
 * @is_users  the user has suspended the job: no deadline wakes us.
 */
void guard_sleep(struct guard *guard, int signo, bool is_users);

/** Whether what comes to this socket or pipe, and its end of file, sends us
 * SIGCONT (F_SETSIG in fcntl(2)): from another pid namespace, too. */
void guard_let_wake(int fd, bool on);

/* signals.c */

/** The command was suspended by @signo: suspend ourselves, as its shell's job.
 */
void guard_suspend_too(struct guard *guard, int signo);

/** Send a signal to main, or to all in the cage. */
void guard_signal(struct guard *guard, int signo, enum jig_target target);

/** Send a signal to main's process group. */
void guard_signal_foreground(struct guard *guard, int signo);

/** Continue what was suspended: main's group, or all processes if main has a
 * session of its own. */
void guard_continue(struct guard *guard);

/* probes.c */

/** Add the descriptors of output and probes. */
void guard_ready_descriptors(const struct guard *guard, struct fd_except *ret);

/** Write names on the board, and pass the ring on, before the start. */
void guard_ready_announce(struct guard *guard);

/** The supervisor has the command's ends of pipes: close ours. */
void guard_ready_let_go(struct guard *guard);

/** A child of ours was reaped that may be a probe's. */
void guard_ready_reaped(struct guard *guard, pid_t pid, int status);

/** Whether this child is the run of a probe. */
bool guard_ready_owns(const struct guard *guard, pid_t pid);

/** Request the end of what probes have started, without a wait. */
void guard_ready_end(struct guard *guard);

/** End what probes have started, which does not belong to the fixture. */
void guard_ready_close(struct guard *guard);

/* ready.c */

/** The run clock's time, by which readiness and liveness count: the time for
 * which the user has suspended the job is not in it. */
static inline int64_t guard_run_us(const struct guard *guard)
{
	return run_clock_us(&guard->board->run_clock, clock_us());
}

/** When the start timeout is over, on clock_us(); -1: it does not run. */
int64_t guard_ready_deadline(const struct guard *guard);

/** Most descriptors that guard_ready_watch() gives. */
#define GUARD_READY_FDS (CAPTURE_FDS + 2 * READINESS_PROBES)

/** The supervisor begins to start the command: the time runs. */
void guard_ready_begin(struct guard *guard);

/** The command has started. */
void guard_ready_started(struct guard *guard);

/** The main process has ended with @status. @stopped  during a stop. */
void guard_ready_main_ended(struct guard *guard, int status, bool stopped);

/** The descriptors to poll, and the deadline of the poll. */
size_t guard_ready_watch(const struct guard *guard, struct pollfd *ret,
			 int64_t *ret_until_us);

/** Move output, run probes, report changes. */
void guard_ready_work(struct guard *guard, const struct pollfd *polled,
		      size_t count);

/** The fixture has ended. */
void guard_ready_finish(struct guard *guard);

/* remote.c */

/** Main's pid, on the machine where it runs. */
static inline pid_t guard_main_pid(const struct guard *guard)
{
	return guard->plan->remote ? guard->plan->remote->main : guard->main;
}

/** Read what the relay has told, and act. */
void guard_remote_read(struct guard *guard);

/** Whether `ready` is to come, also from another machine. */
static inline bool guard_has_probes(const struct guard *guard)
{
	const struct remote *remote = guard->plan->remote;

	return remote ? remote->has_probes : guard->plan->readiness != NULL;
}

/** Send the signals of the board to the relay. @return whether some wait. */
bool guard_remote_signal(struct guard *guard);

/** The relay has ended: its last words become our outcome and report. */
void guard_remote_finish(struct guard *guard);

/* tell.c */

/** Request a stop of the fixture. No effect while there is one. */
void guard_stop(struct guard *guard, enum jig_reason reason);

/** The same, but while there is a stop, its next step begins. @signo  the first
 * signal; 0: the policy's. */
void guard_hurry(struct guard *guard, int signo);

/** Whether the board has a stop of the host that was not read yet. */
bool guard_host_asks(const struct guard *guard);

/** Send a packet, so that the receiver reads the board. @fd  goes with it, or
 * -1. */
void guard_wake_supervisor(struct guard *guard);
void guard_wake_host(struct guard *guard, enum wake_kind kind, int fd);

/** Send the packets for which there was no memory. */
void guard_wake_again(struct guard *guard);

/** Send the packet that the host has asked for (fixture_pass_on()), when its
 * time has come. */
void guard_recall_host(struct guard *guard);

/** Tell the host that all is done. */
void guard_tell_end(struct guard *guard);

/* board.c */

/** Read its packets and act. @return false at its end of file. */
bool guard_read_supervisor(struct guard *guard);
bool guard_read_host(struct guard *guard);

/** Read the board and act on what is new. */
void guard_look(struct guard *guard);

/* setup.c */

/** Open all that the guard needs, and fork the supervisor. @return 0, or -errno
 * with the reason in outcome->fault. */
int guard_set_up(struct guard *guard);

/** Close what the guard does not need: above all the command's ends of pipes.
 */
void guard_drop_inherited(struct guard *guard);

/* leave.c */

/** Wait for the supervisor, or end what it held; remove the cage, take the
 * terminal back, and read the last output. */
void guard_leave(struct guard *guard);

/* overdue.c */

/** When guard_look_after() is due, on clock_us(); -1: never. */
int64_t guard_overdue_us(struct guard *guard);

/** Continue a supervisor that was suspended. Kill one that is late, and close
 * our end of the socket: guard_end_alone() does the rest. */
void guard_look_after(struct guard *guard);

/** After SIGCHLD: note whether the supervisor was suspended or continued. */
void guard_note_standing(struct guard *guard);

/**
 * Wait for the supervisor's end, and reap it.
 * @return  whether it has ended within the limit.
 */
bool guard_await_supervisor(struct guard *guard, int64_t limit_us);

/* clearing.c */

/** Clear what earlier jigs had to abandon, in a child. */
void guard_clear_abandoned(struct guard *guard);

/** In a stop: kill that child. */
void guard_end_clearing(struct guard *guard);

/** At our end: wait for that child, until a stop is requested. */
void guard_await_clearing(struct guard *guard);

/* children.c */

/** Children that we have while the supervisor lives are not the cage's. */
void guard_note_strangers(struct guard *guard);

/* Children that kin_judge() cannot decide, in the last round. */
struct guard_doubt {
	size_t unknown; /* children that may belong to the cage */
	size_t probably_strangers;
	pid_t stranger; /* one of these */
};

/** Whether a child of ours belongs to the cage. */
static inline enum kin_verdict guard_judge(const struct guard *guard,
					   pid_t child)
{
	return guard->has_strangers && child != guard->supervisor
		       ? kin_judge(&guard->kin, child)
		       : KIN_OURS;
}

/** Count the living children that are the cage's, and the supervisor. 1 if
 * they cannot be listed: unknown is not empty. */
size_t guard_count_ours(struct guard *guard, struct guard_doubt *ret_doubt);

/* alone.c */

/** The supervisor was killed: end all that it held, and fill the report. If it
 * still hangs in the kernel, its own children are ended as well. */
void guard_end_alone(struct guard *guard);

#endif
