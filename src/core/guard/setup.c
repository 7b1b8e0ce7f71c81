// SPDX-License-Identifier: MIT
/*
 * All before the guard's loop: the board, signals, the owner, the cage, the
 * supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "cage/brand.h"
#include "cage/subreaper.h"
#include "core/guard/guard.h"
#include "core/supervisor/supervisor.h"
#include "net/manager.h"
#include "proc/aside.h"
#include "proc/dropping.h"
#include "proc/status.h"

static int become_subreaper(struct guard *guard, struct fault *fault)
{
	siginfo_t info;

	guard->kin.cage = &guard->cage;
	guard->kin.guards = guard->plan->guards;
	/* `exec jig run …` in a shell that had background jobs: its children
	 * are ours now, but no part of the fixture. As PID 1 we get more. */
	guard->has_strangers =
		guard->cage.reaper == 1 || aside_has_inherited() ||
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
						    int socket, int bell)
{
	/* Within one page: each page that is written to is a page fault. */
	static _Alignas(2048) struct supervisor supervisor;

	_Static_assert(sizeof(supervisor) <= 2048, "more than half a page");
	supervisor = (struct supervisor){
		.plan = guard->plan,
		.cage = &guard->cage,
		.group = guard->group,
		.terminal = guard->terminal.fd,
		.socket = socket,
		.bell = bell,
		.tell_start = guard->host >= 0 || guard->terminal.fd >= 0 ||
			      guard->hooks->started || guard->plan->capture ||
			      guard->plan->remote || guard->plan->readiness ||
			      guard->plan->liveness || guard->plan->daemon,
		.owner = guard->owner,
		.owner_events = guard->owner_events,
		.owner_signal = guard->plan->remote ? 0 : guard->owner_signal,
		.board = guard->board,
		.report = guard->outcome->report,
		.plain = guard->plain,
		.ignored = guard->ignored,
		.knows_ignored = guard->knows_ignored,
	};
	cleanup_close(&guard->socket);
	cleanup_close(&guard->bell);
	cleanup_close(&guard->signals);
	cleanup_close(&guard->host);
	_exit(supervisor_run(&supervisor) < 0);
}

/* Before the fork, for both of us. Not so if the supervisor would keep what is
 * the guard's: then it has to search. */
static void note_inherited(struct guard *guard)
{
	struct fd_except own;

	guard->knows_ignored =
		status_ignored(guard->cage.procfd, &guard->ignored) == 0;
	if (guard->terminal.fd >= 0 || guard->input.null >= 0)
		return;
	own.count = 0;
	fd_except_add(&own, guard->signals);
	fd_except_add(&own, guard->owner);
	fd_except_add(&own, guard->host);
	cage_descriptors(&guard->cage, &own);
	guard->plain =
		dropping_only_standard(guard->cage.procfd, own.fds, own.count);
}

/* A process that is older than the supervisor is not its descendant. */
static void note_age(struct guard *guard)
{
	struct proc_stat stat;

	if (guard->has_strangers &&
	    stat_read(guard->cage.procfd, guard->supervisor, &stat) == 0)
		guard->kin.supervisor_ticks = stat.start_ticks;
}

/*
 * A supervisor that is init of a pid namespace cannot signal us, and no packet
 * continues a guard that another process has suspended. A byte in this pipe
 * does, and so does its end of file.
 */
static int make_bell(struct guard *guard, int *ret_theirs, struct fault *fault)
{
	int pair[2];

	*ret_theirs = -1;
	if (!guard->cage.ops->own_pids)
		return 0;
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return fault_set(fault, -errno, "cannot make a pipe: %s",
				 strerror(errno));
	guard->bell = pair[0];
	*ret_theirs = pair[1];
	guard_let_wake(guard->bell, true);
	return 0;
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
	CLEANUP_CLOSE int bell = -1;
	int r = make_bell(guard, &bell, fault);

	if (r < 0)
		return r;
	pid_t pid = sys_fork(ops->clone_flags ? ops->clone_flags() : 0,
			     &guard->supervisor_fd);

	if (pid == 0)
		be_supervisor(guard, take_fd(&theirs), take_fd(&bell));
	if (pid < 0)
		return fault_set(fault, pid, "cannot fork the supervisor%s: %s",
				 ops->own_pids ? " into a pid namespace" : "",
				 strerror(-pid));
	guard->supervisor = pid;
	guard->early = sys_signals_pending();
	note_age(guard);
	return 0;
}

/* We must not hold the command's ends of pipes. stderr is for our messages. */
void guard_drop_inherited(struct guard *guard)
{
	const struct plan *plan = guard->plan;
	const struct list *more = plan->guard_fds;
	int last = guard->host >= 0 ? STDERR_FILENO : STDOUT_FILENO;
	struct fd_except except;

	if (guard->plain) {
		fd_nullify(STDIN_FILENO, last);
		return;
	}
	except.count = 0;
	fd_except_add(&except, guard->socket);
	fd_except_add(&except, guard->bell);
	fd_except_add(&except, guard->signals);
	fd_except_add(&except, guard->owner);
	fd_except_add(&except, guard->input.null);
	fd_except_add(&except, guard->watch.aside.fd);
	if (plan->manager)
		fd_except_add(&except, plan->manager->fd);
	fd_except_add(&except, guard->host);
	fd_except_add(&except, guard->terminal.fd);
	fd_except_add(&except, guard->supervisor_fd);
	fd_except_add(&except, plan->report_fd);
	cage_descriptors(&guard->cage, &except);
	guard_ready_descriptors(guard, &except);
	if (guard->host < 0)
		fd_except_add(&except, STDERR_FILENO);
	if (plan->remote)
		fd_except_add(&except, plan->remote->fd);
	for (size_t i = 0; i < plan->port_count; i++)
		fd_except_add(&except, plan->port_sockets[i]);
	for (size_t i = 0; more && i < more->count && i < PLAN_GUARD_FDS; i++)
		fd_except_add(&except, *(int *)list_at(more, i, sizeof(int)));
	drop_inherited_files(last, except.fds, except.count);
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

int guard_set_up(struct guard *guard)
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
	/* The events have other numbers than a pid namespace. */
	if (r == 0 && !guard->cage.ops->own_pids)
		r = watch_open(&guard->watch, plan->ancestry, fault);
	note_inherited(guard);
	if (r == 0)
		r = fork_supervisor(guard, fault);
	if (r < 0)
		guard->cage.ops->remove(&guard->cage);
	return r;
}
