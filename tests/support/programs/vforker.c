// SPDX-License-Identifier: MIT
/*
 * A process in state D: its vfork(2)ed child stays, and it waits for the child
 * where no signal but SIGKILL reaches it (EDGE_CASES 25).
 *
 * A process that not even SIGKILL ends cannot be made without broken hardware
 * or a hung network mount; the setuid case (become_root.c) stands for it.
 */
#define _GNU_SOURCE
#include <unistd.h>

enum { FUSE_S = 120 };

int main(void)
{
	pid_t pid;

	alarm(FUSE_S);
	pid = vfork();
	if (pid == 0) {
		static const char ready[] = "ready\n";

		if (write(1, ready, sizeof(ready) - 1) < 0)
			_exit(70);
		for (;;)
			pause();
	}
	return pid < 0 ? 70 : 0;
}
