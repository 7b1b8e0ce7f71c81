// SPDX-License-Identifier: MIT
/*
 * Edge case 2: main, and a child in a session of its own, ignore and block
 * every signal that can be. They escape from every signal but SIGKILL.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	ignore_every_signal();
	if (spawn() == 0) {
		own_session();
		settle();
		hold();
	}
	finish(1);
}
