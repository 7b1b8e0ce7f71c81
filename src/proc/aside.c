// SPDX-License-Identifier: MIT
#include "proc/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "proc/dropping.h"
#include "proc/procfs.h"

/* SIGKILL ends it at once, unless it is in state D. */
#define KILL_US 50000
/* Interval between two waitpid(2). */
#define PAUSE_MIN_US 20
#define PAUSE_MAX_US 2000
/* Interval between checks of a result. */
#define LOOK_US 100
/* Signal of the parent's death: one that is not sent to process groups. */
#define ORPHANED SYS_RTMAX
/* Time to write the rest after the parent's death. */
#define LINGER_S 2

/* ---------------------------------------------------------------- the child */

static void end_soon(int signo)
{
	(void)signo;
	(void)alarm(LINGER_S); /* SIGALRM has its default action. */
}

/* All signals are blocked except two; SIGKILL cannot be blocked. */
static void outlive_the_parent(void)
{
	struct sigaction action = { .sa_handler = end_soon,
				    .sa_flags = SA_RESTART };

	(void)setpgid(0, 0); /* Cannot fail before execve(2). */
	sys_signal_default(SIGALRM);
	(void)sigaction(ORPHANED, &action, NULL); /* Valid, as the next. */
	(void)prctl(PR_SET_PDEATHSIG, ORPHANED);
	(void)sys_signal_mask(SYS_ALL_SIGNALS & ~SYS_SIGNAL(ORPHANED) &
			      ~SYS_SIGNAL(SIGALRM));
}

/* Ctrl-C and the like are for the command and for our parent. */
static void mind_the_parent(bool lingers, pid_t parent)
{
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	if (lingers)
		outlive_the_parent();
	else
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		return;
	/* It died before that. */
	if (!lingers)
		_exit(0);
	(void)alarm(LINGER_S);
}

__attribute__((noreturn)) static void be_aside(const struct aside_work *work,
					       int end, pid_t parent)
{
	int needed[] = { end, work->fd };

	(void)prctl(PR_SET_NAME, "jig-aside"); /* For ps(1). */
	mind_the_parent(work->lingers, parent);
	drop_inherited_files(-1, needed, sizeof(needed) / sizeof(needed[0]));
	work->run(end, work->context);
	_exit(0);
}

/* ------------------------------------------------------------------- our side
 */

static int open_ends(const struct aside_work *work, int *ret_ours,
		     int *ret_theirs)
{
	int ends[2];
	int r = work->is_pipe
			? pipe2(ends, O_CLOEXEC)
			: socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				     ends);

	if (r < 0)
		return -errno;
	r = fd_leave_stdio(&ends[1]);
	if (r == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	if (r < 0) {
		cleanup_close(&ends[0]);
		cleanup_close(&ends[1]);
		return r;
	}
	*ret_theirs = ends[0];
	*ret_ours = ends[1];
	return 0;
}

int aside_open(struct aside *ret, const struct aside_work *work)
{
	CLEANUP_CLOSE int ours = -1;
	CLEANUP_CLOSE int theirs = -1;
	int r = open_ends(work, &ours, &theirs);
	pid_t parent = getpid(), pid;

	if (r < 0)
		return r;
	pid = sys_fork_quietly(0);
	if (pid == 0)
		be_aside(work, theirs, parent);
	if (pid < 0)
		return pid;
	*ret = (struct aside){ .pid = pid, .fd = take_fd(&ours) };
	return 0;
}

void aside_shut(struct aside *aside)
{
	cleanup_close(&aside->fd);
}

static bool aside_reap(struct aside *aside)
{
	pid_t pid = waitpid(aside->pid, NULL, WNOHANG | __WALL);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	aside->pid = 0;
	return true;
}

int aside_wait(struct aside *aside, int64_t until_us)
{
	int64_t pause_us = PAUSE_MIN_US;

	while (aside->pid > 0 && !aside_reap(aside)) {
		if (clock_us() >= until_us)
			return -ETIMEDOUT;
		clock_sleep_us(pause_us);
		if (pause_us < PAUSE_MAX_US)
			pause_us *= 2;
	}
	return 0;
}

int aside_await(struct aside *aside, const _Atomic int *result,
		int64_t until_us)
{
	int told;

	while (atomic_load(result) == ASIDE_PENDING && clock_us() < until_us &&
	       aside_wait(aside, clock_in_us(LOOK_US)) < 0)
		;
	told = atomic_load(result); /* The child may have written it just before
				       its end. */
	return told == ASIDE_PENDING ? -ETIMEDOUT : told;
}

pid_t aside_close(struct aside *aside)
{
	pid_t pid = aside->pid;

	aside_shut(aside);
	if (pid > 0)
		(void)kill(pid, SIGKILL); /* Ours, and not reaped. */
	if (aside_wait(aside, clock_in_us(KILL_US)) == 0)
		pid = 0;
	aside->pid = 0;
	return pid;
}

static bool is_quiet(pid_t pid)
{
	siginfo_t info;
	const int look = WEXITED | WNOHANG | WNOWAIT;

	return waitid(P_PID, (id_t)pid, &info, look) < 0 && errno == ECHILD &&
	       waitid(P_PID, (id_t)pid, &info, look | __WALL) == 0;
}

/* Written once, before the first aside. A fork has none of these children. */
static struct {
	pid_t parent;
	struct list pids;
} inherited;

void aside_note_inherited(void)
{
	CLEANUP(list_free) struct list children = { 0 };
	siginfo_t info;

	/* Nearly always there is no child at all. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		return;
	CLEANUP_CLOSE int procfd = procfs_open();
	if (procfs_children(procfd, &children) < 0)
		return; /* There is no memory, so jig will not start either. */
	inherited.parent = getpid();
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if (is_quiet(pid))
			(void)list_append(&inherited.pids, &pid,
					  sizeof(pid)); /* The same. */
	}
}

bool aside_has_inherited(void)
{
	return inherited.pids.count > 0 && inherited.parent == getpid();
}

bool aside_is(pid_t pid)
{
	return is_quiet(pid) && !(aside_has_inherited() &&
				  list_has(&inherited.pids, &pid, sizeof(pid)));
}
