// SPDX-License-Identifier: MIT
/*
 * Installed setuid root: becomes root for good, so that the ordinary user that
 * started it may not signal it any more (EDGE_CASES 11).
 *
 * Says "root PID" once it is, and stays until its fuse has burnt down. It must
 * not be told by a signal of that user, so it ignores none: EPERM protects it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

enum { FUSE_S = 120 };

int main(void)
{
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return 70;
	alarm(FUSE_S);
	printf("root %d\n", getpid());
	fflush(stdout);
	for (;;)
		pause();
}
