// SPDX-License-Identifier: MIT
/*
 * Clearing cages that earlier jigs had to abandon, in a child of the guard:
 * this may take long, and the guard must react to signals meanwhile.
 *
 * The child keeps only the descriptors that it needs, and above all not the
 * locks that show that guard or supervisor lives. It ends with the guard, and
 * when a stop is requested; the next jig clears the rest.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"
#include "core/guard/guard.h"

#define CHILD_NAME "jig-clear"

/* How long the guard waits for it at the end. */
#define CLEAR_US 10000000

__attribute__((noreturn)) static void clear(struct cage *cage, pid_t guard)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	int needed[] = { cage->procfd, cage->parent, cage->registry };

	(void)prctl(PR_SET_NAME, CHILD_NAME);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* The guard has one thread. */
	if (getppid() != guard)
		_exit(1);
	fd_nullify(STDIN_FILENO, STDERR_FILENO);
	fd_close_except(3, needed, sizeof(needed) / sizeof(needed[0]));
	cage->dir = cage->lock = -1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sys_signal_default(ends[i]);
	(void)sys_signal_mask(0);
	cage_clear_abandoned(cage);
	_exit(0);
}

void guard_clear_abandoned(struct guard *guard)
{
	pid_t self, pid;
	int pidfd = -1;

	if (!cage_has_abandoned(&guard->cage))
		return;
	self = getpid();
	pid = sys_fork(0, &pidfd);
	if (pid == 0)
		clear(&guard->cage, self);
	cleanup_close(&pidfd);
	guard->clearing = pid > 0 ? pid : 0; /* Else the next jig does it. */
}

void guard_end_clearing(struct guard *guard)
{
	/* Not reaped, so its pid is not reused. */
	if (guard->clearing > 0)
		(void)kill(guard->clearing, SIGKILL);
}

/* @return whether a stop is requested. */
static bool is_asked(struct guard *guard)
{
	struct signalfd_siginfo info;

	while (read(guard->signals, &info, sizeof(info)) == sizeof(info))
		if (SYS_SIGNAL(info.ssi_signo) & SYS_STOP_SIGNALS)
			return true;
	return guard->parent && getppid() != guard->parent;
}

static bool guard_clearing_has_ended(struct guard *guard)
{
	pid_t pid = waitpid(guard->clearing, NULL, WNOHANG);

	if (pid == guard->clearing || pid < 0)
		guard->clearing = 0;
	return guard->clearing == 0;
}

void guard_await_clearing(struct guard *guard)
{
	int64_t until = clock_in_us(CLEAR_US);
	bool waits = !guard->stop_asked;

	while (guard->clearing > 0 && !guard_clearing_has_ended(guard)) {
		enum { SIGNALS, OWNER, HOST, COUNT };
		struct pollfd fds[COUNT] = {
			[SIGNALS] = { guard->signals, POLLIN, 0 },
			[OWNER] = { guard->owner, guard->owner_events, 0 },
			[HOST] = { guard->host, POLLIN, 0 },
		};

		if (!waits || clock_us() >= until) {
			guard_end_clearing(guard);
			return;
		}
		(void)poll_fds(fds, COUNT, 100); /* Its end is a SIGCHLD. */
		waits = !is_asked(guard) && !fds[OWNER].revents &&
			!fds[HOST].revents;
	}
}
