// SPDX-License-Identifier: MIT
/*
 * Edge case 2: a child in a session of its own that is SIGSTOPped. It acts on
 * no signal but SIGKILL until it gets SIGCONT.
 */
#include "hostile.h"

#include <signal.h>
#include <sys/wait.h>

static void await_stop(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		fail("waiting for the stop");
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t child = spawn();
	if (child == 0) {
		own_session();
		raise(SIGSTOP);
		hold();
	}
	await_stop(child);
	finish(0);
}
