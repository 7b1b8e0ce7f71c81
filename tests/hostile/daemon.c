// SPDX-License-Identifier: MIT
/*
 * Edge case 1: a daemon after the book: forked twice, in a session of its own,
 * every descriptor closed. It escapes from killpg(), from a walk along parents
 * and from a tool that waits for the end of a pipe.
 */
#include "hostile.h"

#include <sys/stat.h>
#include <unistd.h>

static noreturn void be_daemon(void)
{
	if (chdir("/") != 0)
		fail("chdir");
	umask(0);
	close_every_fd();
	settle();
	hold();
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t middle = spawn();
	if (middle == 0) {
		own_session();
		if (spawn() == 0)
			be_daemon();
		_exit(0);
	}
	reap(middle);
	finish(1);
}
