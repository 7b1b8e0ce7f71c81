// SPDX-License-Identifier: MIT
/*
 * The command lines of leftovers and survivors, and the marks in their
 * environment (core/shared/marks.h).
 *
 * To read /proc/PID/cmdline or environ takes a lock of the process's memory. It
 * blocks for ever if the process holds the lock and hangs, as in munmap(2) of a
 * file whose file system does not answer. So a child of ours reads. We wait for
 * it 0.1 s at most (1 s if it only lacks processor time), then kill it; a line
 * that is missing then stays [comm]. (The wait for the lock is killable. If the
 * child still hangs, nothing waits for it: see has_reader_only() of reaping.c.)
 *
 * It reads before the signal and not at the same time, because a dead process
 * has no command line, and the first SIGTERM ends most. It is a process and not
 * a thread, because a thread that hangs keeps its process from ending. It is a
 * fork without CLONE_VM, because it uses libc; most fixtures leave no process,
 * so it is rare.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"
#include "base/text.h"
#include "core/supervisor/supervisor.h"
#include "proc/procfs.h"

#define READ_US 100000LL
#define STARVED_US 1000000LL
#define END_US 50000

/* A longer environment has no marks: MAX_ARG_STRLEN of one variable is 128 KiB.
 */
#define ENVIRON_MAX (1 << 20)

/* In the child; @items are shared memory. */
static void read_lines(int procfd, const struct proc_stat *stats,
		       struct leftover *items, size_t count, bool hanging)
{
	char command[sizeof(items->command)];

	for (size_t i = 0; i < count; i++) {
		if ((stats[i].state == 'D') != hanging)
			continue;
		procfs_command(procfd, &stats[i], command, sizeof(command));
		text_copy(items[i].command, sizeof(items[i].command), command);
	}
}

static void read_marks(const struct supervisor *supervisor, pid_t pid,
		       struct marks *ret)
{
	CLEANUP_FREE char *text = NULL;
	struct marks marks = { 0 };
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/environ", pid);
	ssize_t size = fd_read_whole(supervisor->cage->procfd, path,
				     ENVIRON_MAX, &text);

	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(text + at) + 1)
		marks_take(&marks, text + at, supervisor->plan->envp);
	*ret = marks;
}

static void read_all_marks(const struct supervisor *supervisor,
			   const struct proc_stat *stats,
			   struct leftover *items, size_t count, bool hanging)
{
	for (size_t i = 0; i < count; i++)
		if ((stats[i].state == 'D') == hanging)
			read_marks(supervisor, stats[i].pid, &items[i].marks);
}

__attribute__((noreturn)) static void be_reader(
	const struct supervisor *supervisor, const struct proc_stat *stats,
	struct leftover *items, size_t count)
{
	int procfd = supervisor->cage->procfd;

	/* The supervisor has one thread. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* A valid signal. */
	/* If we hang, no process waits for our copies of descriptors. */
	fd_close_except(0, &procfd, 1);
	read_lines(procfd, stats, items, count, false);
	read_all_marks(supervisor, stats, items, count, false);
	/* Processes in state D come last: they may hold their lock. */
	read_lines(procfd, stats, items, count, true);
	read_all_marks(supervisor, stats, items, count, true);
	_exit(0);
}

static bool describing_await(pid_t pid, int pidfd, int64_t limit_us)
{
	struct pollfd over = { pidfd, POLLIN, 0 };
	int64_t until = clock_in_us(limit_us);

	if (pidfd >= 0)
		(void)poll_fds(&over, 1, clock_poll_ms(until));
	while (waitpid(pid, NULL, WNOHANG | __WALL) == 0) {
		if (clock_us() >= until)
			return false;
		clock_sleep_us(1000);
	}
	return true;
}

/* On a busy machine it may have had no processor time yet: that is no reason
 * to kill it, whereas in state D it waits for a lock. */
static bool is_starved(const struct supervisor *supervisor, pid_t pid)
{
	struct proc_stat stat;

	return stat_read(supervisor->cage->procfd, pid, &stat) == 0 &&
	       stat.state == 'R';
}

static bool await_reader(const struct supervisor *supervisor, pid_t pid,
			 int pidfd)
{
	int64_t last = clock_in_us(STARVED_US);

	do
		if (describing_await(pid, pidfd, READ_US))
			return true;
	while (is_starved(supervisor, pid) && clock_us() < last);
	return false;
}

void supervisor_describe(struct supervisor *supervisor,
			 const struct proc_stat *stats, struct leftover *items,
			 size_t count)
{
	int pidfd = -1;
	pid_t pid;

	/* If one reader hangs, no other one is started. */
	if (count == 0 || supervisor->cage->procfd < 0 || supervisor->reader)
		return;
	pid = sys_fork(0, &pidfd);
	if (pid == 0)
		be_reader(supervisor, stats, items, count);
	if (pid < 0)
		return; /* No process more is allowed: [comm]. */
	if (!await_reader(supervisor, pid, pidfd)) {
		(void)kill(pid, SIGKILL); /* Ours, and not reaped. */
		if (!describing_await(pid, pidfd, END_US))
			supervisor->reader = pid;
	}
	cleanup_close(&pidfd);
}
