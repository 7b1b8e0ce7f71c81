// SPDX-License-Identifier: MIT
/*
 * Edge case 7: an init in a pid namespace of its own, and a child of it, both
 * in sessions of their own. They escape from a tool that looks at pids inside
 * another namespace, and as init from every signal but SIGKILL.
 */
#include "hostile.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static noreturn void be_init(void)
{
	own_session();
	if (spawn() == 0)
		own_session();
	settle();
	hold();
}

static noreturn void make_namespace(void)
{
	if (unshare(CLONE_NEWPID) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
		_exit(HOSTILE_SKIP);
	if (spawn() == 0)
		be_init();
	_exit(0);
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t maker = spawn();
	if (maker == 0)
		make_namespace();

	int status = reap(maker);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : HOSTILE_FAILED);
	finish(2);
}
