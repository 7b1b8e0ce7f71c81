// SPDX-License-Identifier: MIT
/*
 * Edge case 1: a child in a session of its own, as setsid(1) starts one. It
 * escapes from killpg() and from the hang-up of a terminal.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		own_session();
		settle();
		hold();
	}
	finish(1);
}
