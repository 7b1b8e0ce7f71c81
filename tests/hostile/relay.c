// SPDX-License-Identifier: MIT
/*
 * Edge case 5: a relay: fork, exit, fork, exit, each runner in a session of its
 * own. It escapes from a tool that lists first and then signals: the runner on
 * the list is gone.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0)
		relay(own_session);
	finish(1);
}
