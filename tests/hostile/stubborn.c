// SPDX-License-Identifier: MIT
/*
 * Edge case 3: main obeys SIGTERM, a member of its process group does not. It
 * escapes from a tool that takes the end of main for the end of the group, and
 * so never sends SIGKILL.
 */
#include "hostile.h"

#include <signal.h>

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		settle();
		hold();
	}
	finish(1);
}
