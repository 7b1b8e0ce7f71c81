// SPDX-License-Identifier: MIT
/*
 * Edge case 7: a descendant, in a session of its own, that is a subreaper and
 * holds orphans. They escape from a subreaper further up for as long as this
 * one lives: they are never its children.
 */
#include "hostile.h"

#include <sys/prctl.h>
#include <unistd.h>

enum { ORPHANS = 3 };

static void leave_orphan(void)
{
	pid_t middle = spawn();

	if (middle == 0) {
		if (spawn() != 0)
			_exit(0);
		own_session();
		settle();
		hold();
	}
	reap(middle);
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		own_session();
		if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
			fail("PR_SET_CHILD_SUBREAPER");
		for (int i = 0; i < ORPHANS; i++)
			leave_orphan();
		settle();
		hold();
	}
	finish(ORPHANS + 1);
}
