// SPDX-License-Identifier: MIT
/*
 * A process in state D: its vfork(2)ed child stays, and it waits for the child
 * where no signal but SIGKILL reaches it (EDGE_CASES 25).
 *
 *	vforker              the child stays for ever
 *	vforker PROGRAM…     it executes the program after 0.3 s in which it ran
 *
 * A process that not even SIGKILL ends cannot be made without broken hardware
 * or a hung network mount; the setuid case (become_root.c) stands for it.
 */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

enum { FUSE_S = 120, STEPS = 300 };

int main(int argc, char **argv)
{
	pid_t pid;

	alarm(FUSE_S);
	pid = vfork();
	if (pid == 0) {
		static const char ready[] = "ready\n";

		if (write(1, ready, sizeof(ready) - 1) < 0)
			_exit(70);
		/* A step that is suspended counts once. */
		for (int i = 0; argc < 2 || i < STEPS; i++)
			usleep(1000);
		execvp(argv[1], argv + 1);
		_exit(71);
	}
	if (pid > 0)
		(void)wait(NULL);
	return pid < 0 ? 70 : 0;
}
