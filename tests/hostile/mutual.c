// SPDX-License-Identifier: MIT
/*
 * Edge case 5: two processes, each in a session of its own, that re-create
 * each other. They escape from a tool that kills one after the other.
 */
#include "hostile.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BIRTHS = 20000 };

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void await_death(int pidfd)
{
	struct pollfd watched = { .fd = pidfd, .events = POLLIN };

	while (poll(&watched, 1, -1) < 0 && errno == EINTR)
		;
	close(pidfd);
}

/*
 * Watch the other one; when it dies, make it anew. The new one begins here too
 * and watches its maker.
 */
static noreturn void watch(int other)
{
	for (;;) {
		if (other >= 0)
			await_death(other);
		if (!may_multiply(BIRTHS))
			hold();

		int maker = pidfd_of(getpid());
		pid_t pid = try_spawn();
		if (pid == 0) {
			own_session();
			settle();
			other = maker;
			continue;
		}
		close(maker);
		other = pid > 0 ? pidfd_of(pid) : -1;
		sched_yield();
	}
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		signal(SIGCHLD, SIG_IGN);
		own_session();
		watch(-1);
	}
	finish(1);
}
