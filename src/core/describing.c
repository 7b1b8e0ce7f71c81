// SPDX-License-Identifier: MIT
/*
 * The command lines of leftovers and survivors.
 *
 * /proc/PID/cmdline is the process's memory, and whoever reads it waits for who
 * holds that memory's lock: for ever, where a process hangs in munmap(2) of a
 * file whose file system does not answer. So a child of ours reads, and we wait
 * for it half a second at most, then end it; a line that is not there by then
 * is [comm]. (The wait for the lock is killable, and nothing of ours is held
 * up by a child that hangs even so: see supervisor_reap().)
 *
 * Before the signal and not beside it: who has died has no command line any
 * more, and the first SIGTERM ends most. A second process and not a second
 * thread: a thread that hangs keeps its process from ending. A fork and not a
 * shared memory: it uses libc, and is rare, since most fixtures leave nobody.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "core/supervisor.h"
#include "proc/procfs.h"

#define READ_US 100000LL
#define END_US 50000

/* In the child; @items are pages that we share with the guard and with it. */
static void read_lines(int procfd, const struct proc_stat *stats,
		       struct jig_leftover *items, size_t count, bool hanging)
{
	char command[sizeof(items->command)];

	for (size_t i = 0; i < count; i++) {
		if ((stats[i].state == 'D') != hanging)
			continue;
		procfs_command(procfd, &stats[i], command, sizeof(command));
		text_copy(items[i].command, sizeof(items[i].command), command);
	}
}

__attribute__((noreturn)) static void be_reader(
	const struct supervisor *supervisor, const struct proc_stat *stats,
	struct jig_leftover *items, size_t count)
{
	int procfd = supervisor->cage->procfd;

	/* The supervisor has one thread. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* A valid signal. */
	/* Should we hang, nobody is to wait for our copy of the socket. */
	fd_close_except(0, &procfd, 1);
	read_lines(procfd, stats, items, count, false);
	/* Who hangs comes last: it may hold its memory. */
	read_lines(procfd, stats, items, count, true);
	_exit(0);
}

static bool await(pid_t pid, int pidfd, int64_t limit_us)
{
	static const struct timespec look = { .tv_nsec = 1000000 };
	struct pollfd over = { pidfd, POLLIN, 0 };
	int64_t until = clock_in_us(limit_us);

	if (pidfd >= 0)
		(void)poll(&over, 1, clock_poll_ms(until));
	while (waitpid(pid, NULL, WNOHANG | __WALL) == 0) {
		if (clock_us() >= until)
			return false;
		(void)nanosleep(&look, NULL);
	}
	return true;
}

void supervisor_describe(struct supervisor *supervisor,
			 const struct proc_stat *stats,
			 struct jig_leftover *items, size_t count)
{
	int pidfd = -1;
	pid_t pid;

	/* One that hangs is enough. */
	if (count == 0 || supervisor->cage->procfd < 0 || supervisor->reader)
		return;
	pid = sys_fork(0, &pidfd);
	if (pid == 0)
		be_reader(supervisor, stats, items, count);
	if (pid < 0)
		return; /* No place for one more process: [comm]. */
	if (!await(pid, pidfd, READ_US)) {
		(void)kill(pid, SIGKILL); /* Ours, and not reaped. */
		if (!await(pid, pidfd, END_US))
			supervisor->reader = pid;
	}
	cleanup_close(&pidfd);
}
