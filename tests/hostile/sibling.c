// SPDX-License-Identifier: MIT
/*
 * Edge case 7: started with CLONE_PARENT, in a session of its own: no child of
 * main, but its sibling. It escapes from a tool that looks below main only, and
 * is a child that its parent did not make.
 */
#include "hostile.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

static void be_sibling(void)
{
	own_session();
	settle();
	hold();
}

/* The init of a pid namespace may have no sibling: then a child makes one. */
static void make_sibling_below(void)
{
	pid_t child = spawn();

	if (child != 0) {
		reap(child);
		return;
	}
	pid_t pid = try_clone(CLONE_PARENT);
	if (pid < 0)
		fail("CLONE_PARENT");
	if (pid == 0)
		be_sibling();
	_exit(0);
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t pid = try_clone(CLONE_PARENT);
	if (pid == 0)
		be_sibling();
	if (pid < 0 && errno != EINVAL)
		fail("CLONE_PARENT");
	if (pid < 0)
		make_sibling_below();
	finish(1);
}
