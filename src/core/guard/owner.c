// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/poll.h"
#include "base/sys.h"
#include "core/guard/guard.h"
#include "core/supervisor/inner.h"
#include "proc/procfs.h"
#include "proc/stat.h"

static bool guard_owner_is_alive(int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll_fds(&poll_fd, 1, 0) == 0;
}

/* Whether it is the supervisor of a jig around us, whose main process we are:
 * it has left our session. */
static bool guard_owner_is_supervisor(pid_t pid)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat;

	return procfd >= 0 && stat_read(procfd, pid, &stat) == 0 &&
	       inner_is_supervisor(procfd, &stat);
}

/*
 * Our parent may have died before we could look: then getppid() is the process
 * that has adopted us, and to watch it would be useless. A process that leads
 * no session is in its true parent's session, so an adoption is visible. (For a
 * session leader it is not.)
 */
static bool is_adopted(pid_t parent)
{
	pid_t session = getsid(0);

	return getsid(parent) != session && session != getpid() &&
	       !guard_owner_is_supervisor(parent);
}

static int guard_owner_pin(pid_t pid, struct fault *fault)
{
	int fd = sys_pidfd_open(pid);

	if (fd >= 0)
		return fd;
	if (fd == -ESRCH)
		return fault_set(fault, -ESRCH,
				 "the owner, pid %d, is not alive", pid);
	return fd;
}

short guard_owner_events(const struct guard *guard)
{
	return guard->input.fd >= 0 ? input_events(&guard->input)
				    : guard->owner_events;
}

bool guard_owner_has_ended(struct guard *guard, short revents)
{
	if (guard->input.fd >= 0 && input_go_on(&guard->input, revents))
		return false;
	guard->input.fd = -1;
	cleanup_close(&guard->input.null);
	cleanup_close(&guard->owner);
	return true;
}

int guard_open_owner(struct guard *guard, struct fault *fault)
{
	pid_t wanted = guard->plan->owner, parent = getppid();
	pid_t pid = wanted > 0 ? wanted : parent;

	guard->owner = -1;
	guard->owner_events = POLLIN;
	if (wanted == INPUT_OWNER) {
		guard->input = guard->plan->input;
		guard->owner = guard->input.fd;
		guard->owner_events = input_hang_up;
		return 0;
	}
	/* Parent 0: PID 1, or it is outside of our pid namespace. */
	if (wanted == JIG_OWNER_NONE || pid == 0)
		return 0;
	if (wanted == 0 && is_adopted(parent))
		return fault_set(fault, -ESRCH,
				 "the process that started jig has died "
				 "already (--owner none runs without one)");

	CLEANUP_CLOSE int owner = guard_owner_pin(pid, fault);
	if (owner == -ESRCH)
		return -ESRCH;
	/* No pidfds (Linux < 5.3, a seccomp filter): the death of a parent
	 * shows in getppid(); that of another process does not show. */
	if (owner < 0 && pid != parent)
		return fault_set(
			fault, -ENOTSUP,
			"cannot watch the owner, pid %d: no pidfd_open", pid);
	if (owner < 0)
		guard->parent = parent;
	/* Pinned, and still our parent: then it has started us, and lives. */
	if (wanted == 0 && getppid() != parent)
		return fault_set(fault, -ESRCH,
				 "the process that started jig has died");
	if (owner >= 0 && wanted != 0 && !guard_owner_is_alive(owner))
		return fault_set(fault, -ESRCH, "the owner, pid %d, has ended",
				 pid);
	guard->owner = take_fd(&owner);
	return 0;
}

/*
 * When guard and supervisor are both suspended by another process, neither sees
 * the owner die. The kernel then continues a process group that becomes
 * orphaned (POSIX), but the owner may be in our own group: then only this
 * signal continues us. It comes when the *thread* that forked us ends, so it is
 * not requested if that may happen while the owner lives.
 */
void guard_ask_wake(struct guard *guard)
{
	pid_t wanted = guard->plan->owner, parent = getppid();
	struct proc_stat stat;

	if (guard->owner < 0 || (wanted != 0 && wanted != parent) ||
	    stat_read(guard->cage.procfd, parent, &stat) < 0 ||
	    stat.threads != 1)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT); /* A valid signal. */
	guard->parent_wakes = true;
}
