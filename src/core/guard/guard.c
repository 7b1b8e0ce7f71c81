// SPDX-License-Identifier: MIT
#include "core/guard/guard.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"
#include "cage/brand.h"
#include "cage/subreaper.h"
#include "core/supervisor/supervisor.h"
#include "proc/aside.h"
#include "proc/dropping.h"
#include "proc/procfs.h"
#include "proc/status.h"

/* Without pidfds, how often we look whether our parent lives. */
#define LOOK_MS 50

/* For a supervisor that hangs in its exit, and was killed. */
#define AFTER_KILL_US 1000000

/* Watched always; output and probes come behind them. */
#define FIXED_FDS 6

/* How soon we try again to wake a process, when there was no memory. */
#define OWED_MS 10

/* Our own, those of output, and of probes. */
#define KEPT_FDS (12 + 1 + 6 + READINESS_PROBES)

static int become_subreaper(struct guard *guard, struct fault *fault)
{
	siginfo_t info;

	guard->kin.cage = &guard->cage;
	guard->kin.guards = guard->plan->guards;
	/* `exec jig run …` in a shell that had background jobs: its children
	 * are ours now, but no part of the fixture. As PID 1 we get more. */
	guard->has_strangers =
		getpid() == 1 || aside_has_inherited() ||
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	if (guard->has_strangers) {
		(void)kin_note_strangers(&guard->kin, NULL, 0);
		/* Members have it, orphans of strangers do not. */
		if (!guard->cage.brand)
			guard->cage.brand = brand_new();
	}
	return guard->cage.ops->subreaper ? subreaper_enter(&guard->cage, fault)
					  : 0;
}

/* In the child: nothing of the guard's but the cage and our end. */
__attribute__((noreturn)) static void be_supervisor(struct guard *guard,
						    int socket)
{
	static struct supervisor supervisor;

	supervisor = (struct supervisor){
		.plan = guard->plan,
		.cage = &guard->cage,
		.group = guard->group,
		.terminal = guard->terminal.fd,
		.socket = socket,
		.tell_start = guard->host >= 0 || guard->terminal.fd >= 0 ||
			      guard->hooks->started || guard->plan->capture ||
			      guard->plan->readiness || guard->plan->liveness ||
			      guard->plan->daemon,
		.owner = guard->owner,
		.owner_signal = guard->owner_signal,
		.board = guard->board,
		.report = guard->outcome->report,
	};
	cleanup_close(&guard->socket);
	cleanup_close(&guard->signals);
	cleanup_close(&guard->host);
	_exit(supervisor_run(&supervisor) < 0);
}

/* A process that is older than the supervisor is not its descendant. */
static void note_age(struct guard *guard)
{
	struct proc_stat stat;

	if (guard->has_strangers &&
	    stat_read(guard->cage.procfd, guard->supervisor, &stat) == 0)
		guard->kin.supervisor_ticks = stat.start_ticks;
}

static int fork_supervisor(struct guard *guard, struct fault *fault)
{
	const struct cage_ops *ops = guard->cage.ops;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fault_set(fault, -errno, "cannot make a socket pair: %s",
				 strerror(errno));
	guard->socket = pair[0];
	CLEANUP_CLOSE int theirs = pair[1];

	pid_t pid = sys_fork(ops->clone_flags ? ops->clone_flags() : 0,
			     &guard->supervisor_fd);

	if (pid == 0)
		be_supervisor(guard, take_fd(&theirs));
	if (pid < 0)
		return fault_set(fault, pid, "cannot fork the supervisor%s: %s",
				 ops->own_pids ? " into a pid namespace" : "",
				 strerror(-pid));
	guard->supervisor = pid;
	guard->early = sys_signals_pending();
	/* The kernel often queues a new process on its parent's processor. What
	 * we do next can wait until the supervisor has cloned main. */
	(void)sched_yield();
	note_age(guard);
	return 0;
}

/* We must not hold the command's ends of pipes. stderr is for our messages. */
static void drop_inherited(struct guard *guard)
{
	const struct cage *cage = &guard->cage;
	const struct plan *plan = guard->plan;
	size_t more = plan->kept ? plan->kept->count : 0;
	int keep[KEPT_FDS + PLAN_HELD + PLAN_KEPT] = {
		guard->socket,	guard->signals,	    guard->owner,
		guard->host,	guard->terminal.fd, guard->supervisor_fd,
		cage->procfd,	cage->parent,	    cage->dir,
		cage->registry, cage->lock,	    plan->report_fd,
	};
	size_t count = 12 + guard_ready_keep(guard, keep + 12);

	if (guard->host < 0)
		keep[count++] = STDERR_FILENO;

	for (size_t i = 0; i < plan->held_count; i++)
		keep[count++] = plan->held[i];
	for (size_t i = 0; i < more && i < PLAN_KEPT; i++)
		keep[count++] = *(int *)list_at(plan->kept, i, sizeof(int));
	drop_inherited_files(guard->host >= 0 ? STDERR_FILENO : STDOUT_FILENO,
			     keep, count);
}

static int timeout(struct guard *guard, int64_t until_us)
{
	int ms = clock_poll_ms(clock_sooner(until_us, guard_overdue_us(guard)));

	if (guard->look)
		return 0;
	if ((guard->owes_supervisor || guard->owes_host) &&
	    (ms < 0 || ms > OWED_MS))
		ms = OWED_MS;
	return guard->parent && (ms < 0 || ms > LOOK_MS) ? LOOK_MS : ms;
}

/* plan.watched is readable, see plan.h. */
static void notice(struct guard *guard)
{
	const struct plan *plan = guard->plan;

	if (!plan->noticed(plan->noticed_context) && !guard->stop_asked)
		guard_stop(guard, JIG_REASON_STOP);
}

static void read_supervisor(struct guard *guard)
{
	/* End of file: it has exited, or is dead. */
	if (!guard_read_supervisor(guard))
		cleanup_close(&guard->socket);
}

/* The pidfd shows its death. There may be no end of file: a child that hangs
 * before execve(2) holds the other end of the socket. */
static void supervisor_died(struct guard *guard)
{
	if (guard->socket >= 0)
		read_supervisor(guard);
	cleanup_close(&guard->socket);
}

static void read_host(struct guard *guard)
{
	if (guard_read_host(guard))
		return;
	/* The host has closed it, or is dead. */
	cleanup_close(&guard->host);
	guard_stop(guard, JIG_REASON_OWNER);
}

static void loop(struct guard *guard)
{
	/* Its end of file says that it exits, or is dead. */
	while (guard->socket >= 0) {
		struct pollfd fds[FIXED_FDS + GUARD_READY_FDS] = {
			{ .fd = guard->socket, .events = POLLIN },
			{ .fd = guard->signals, .events = POLLIN },
			{ .fd = guard->owner, .events = POLLIN },
			{ .fd = guard->host, .events = POLLIN },
			{ .fd = guard->plan->watched, .events = POLLIN },
			{ .fd = guard->supervisor_fd, .events = POLLIN },
		};
		int64_t until;
		size_t more = guard_ready_watch(guard, fds + FIXED_FDS, &until);

		(void)poll_fds(fds, FIXED_FDS + more, timeout(guard, until));
		guard_look_after(guard);
		if (guard->parent && getppid() != guard->parent) {
			guard->parent = 0;
			guard_stop(guard, JIG_REASON_OWNER);
		}
		/* First the packets: one of them has main's pidfd. */
		if (fds[0].revents)
			read_supervisor(guard);
		if (guard->look)
			guard_look(guard);
		if (fds[1].revents)
			guard_read_signals(guard);
		/* Without pidfds only SIGCHLD shows it. */
		if (fds[5].revents || guard->reaped)
			supervisor_died(guard);
		if (fds[2].revents) {
			cleanup_close(&guard->owner);
			guard_stop(guard, JIG_REASON_OWNER);
		}
		if (fds[3].revents)
			read_host(guard);
		if (fds[4].revents)
			notice(guard);
		guard_ready_work(guard, fds + FIXED_FDS, more);
		guard_wake_again(guard);
	}
}

/* The supervisor is init of its pid namespace, and it has ended: so the kernel
 * has ended all other processes of the namespace. */
static void forget_survivors(struct jig_report *report)
{
	report->survivor_count = report->survivor_total = 0;
	for (uint32_t i = 0; i < report->leftover_count; i++) {
		if (report->leftovers[i].fate != JIG_FATE_SURVIVED)
			continue;
		report->leftovers[i].fate = JIG_FATE_SIGNALED;
		report->leftovers[i].value = SIGKILL;
	}
}

/* It has reported, but it does not end: it hangs in close(2) of a file whose
 * file system does not answer; or, as init, it waits for a member in state D,
 * or for a dead one whose parent is outside of the namespace and does not reap.
 */
static void name_supervisor(struct guard *guard)
{
	struct jig_report *report = guard->outcome->report;
	struct proc_status status = { .uid = (uid_t)-1 };
	struct proc_stat stat = {
		.pid = guard->supervisor,
		.state = '?',
		.comm = SUPERVISOR_NAME,
	};

	report->proved = false;
	if (report->survivor_total > 0)
		return;
	/* What cannot be read stays unknown; the process is named anyway. */
	(void)stat_read(guard->cage.procfd, guard->supervisor, &stat);
	(void)status_read(guard->cage.procfd, guard->supervisor, &status);
	leftover_name(&stat, &status, &report->survivors[0]);
	report->survivors[0].fate = JIG_FATE_SURVIVED;
	report->survivor_count = report->survivor_total = 1;
}

static void wait_supervisor(struct guard *guard)
{
	if (!guard_await_supervisor(guard, PLAN_KILL_US)) {
		(void)kill(guard->supervisor, SIGKILL); /* Ours, unreaped. */
		if (!guard_await_supervisor(guard, AFTER_KILL_US)) {
			name_supervisor(guard);
			return;
		}
	}
	if (guard->cage.ops->own_pids)
		forget_survivors(guard->outcome->report);
}

static void take_leave(struct guard *guard)
{
	struct outcome *outcome = guard->outcome;
	int status;

	if (!guard->failed && !outcome->report->complete) {
		/* The runs of probes end meanwhile: kill first, then wait. */
		guard_ready_end(guard);
		guard_end_alone(guard);
		guard_ready_close(guard);
		guard->cage.ops->remove(&guard->cage);
	} else {
		/* The cage is empty, and the supervisor on its way out: both
		 * at once. */
		guard->cage.ops->remove(&guard->cage);
		wait_supervisor(guard);
	}
	status = outcome->report->main_status;
	terminal_take_back(&guard->terminal, guard->main, false,
			   status < 0 || WIFSIGNALED(status));
}

/* A child (proc/aside.h) that waits for a file system and could not be ended.
 */
static void note_abandoned(struct guard *guard)
{
	CLEANUP(list_free) struct list children = { 0 };
	siginfo_t info;

	/* Mostly there is no child at all. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
	    procfs_children(guard->cage.procfd, &children) < 0)
		return;
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (aside_is(pid))
			guard->outcome->abandoned = pid;
	}
}

/* Of zeroed pages: the host's, or one for supervisor and us. */
static int share_board(struct guard *guard, struct fault *fault)
{
	struct outcome *outcome = guard->outcome;
	int r = guard->board ? 0 : board_new(&guard->board);

	if (r < 0)
		return fault_set(fault, r, "cannot map memory: %s",
				 strerror(-r));
	outcome->report = &guard->board->report;
	outcome->report->main_status = -1;
	outcome->report->main_us = -1;
	return 0;
}

static int set_up(struct guard *guard)
{
	const struct plan *plan = guard->plan;
	struct fault *fault = &guard->outcome->fault;
	int r = share_board(guard, fault);

	/* We may have been run as /proc/self/exe: ps(1) would say "exe". */
	(void)prctl(PR_SET_NAME, "jig");
	if (r == 0)
		r = guard_open_signals(guard, fault);
	if (r == 0)
		r = guard_open_owner(guard, fault);
	if (r == 0)
		r = cage_open(plan->cage, &plan->cage_limits, &guard->cage,
			      fault);
	if (r < 0)
		return r;
	guard->group = terminal_open(&guard->terminal, (int)plan->group);
	guard_note_group(guard);
	r = guard_open_token(guard, fault);
	if (r == 0)
		r = become_subreaper(guard, fault);
	if (r == 0)
		r = fork_supervisor(guard, fault);
	if (r < 0)
		guard->cage.ops->remove(&guard->cage);
	return r;
}

void guard_run(const struct plan *plan, const struct guard_hooks *hooks,
	       struct outcome *ret)
{
	static const struct guard_hooks none;
	struct guard guard = {
		.plan = plan,
		.hooks = hooks ? hooks : &none,
		.outcome = ret,
		.cage = CAGE_NONE,
		.terminal = TERMINAL_NONE,
		.signals = -1,
		.owner = -1,
		.socket = -1,
		.supervisor_fd = -1,
		.host = plan->lifeline,
		.board = plan->board,
	};

	ret->error = set_up(&guard);
	if (ret->error == 0) {
		guard_ready_announce(&guard);
		guard_ready_let_go(&guard);
		drop_inherited(&guard);
		/* No process of our user can trace us or take our descriptors.
		 * Not before the fork: the supervisor has to be dumpable to
		 * write the maps of a user namespace. */
		(void)prctl(PR_SET_DUMPABLE, 0);
		/* While the supervisor starts the command, we have time. */
		guard_ask_wake(&guard);
		guard_clear_abandoned(&guard);
		guard_ready_begin(&guard);
		loop(&guard);
		take_leave(&guard);
		guard_ready_finish(&guard);
		note_abandoned(&guard);
	}
	guard_tell_end(&guard);
	guard_await_clearing(&guard);
	guard_take_token(&guard);
	cage_close(&guard.cage);
	kin_free(&guard.kin);
}
