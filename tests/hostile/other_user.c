// SPDX-License-Identifier: MIT
/*
 * Edge case 11, for root: a child, in a session of its own, that became another
 * user. It escapes from a tool that may signal its own processes only.
 */
#include "hostile.h"

#include <grp.h>
#include <unistd.h>

enum { ANOTHER = 65533 };

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (geteuid() != 0)
		_exit(HOSTILE_SKIP);
	if (spawn() == 0) {
		own_session();
		if (setgroups(0, NULL) != 0 ||
		    setresgid(ANOTHER, ANOTHER, ANOTHER) != 0 ||
		    setresuid(ANOTHER, ANOTHER, ANOTHER) != 0)
			fail("becoming another user");
		settle();
		hold();
	}
	finish(1);
}
