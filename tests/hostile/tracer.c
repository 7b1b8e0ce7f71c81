// SPDX-License-Identifier: MIT
/*
 * Edge case 9: a tracer, in a session of its own, that holds a ptrace-stopped
 * tracee. The tracee escapes from SIGSTOP, SIGCONT and SIGTERM: they reach its
 * tracer, which does nothing; and its end is told to the tracer first.
 */
#include "hostile.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static noreturn void be_tracee(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(HOSTILE_SKIP);
	raise(SIGSTOP);
	hold();
}

static noreturn void be_tracer(void)
{
	int status = 0;

	own_session();
	pid_t tracee = spawn();
	if (tracee == 0)
		be_tracee();
	if (waitpid(tracee, &status, WUNTRACED) != tracee ||
	    !WIFSTOPPED(status))
		fail("waiting for the tracee");
	settle();
	hold();
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0)
		be_tracer();
	finish(1);
}
