// SPDX-License-Identifier: MIT
/*
 * Edge case 1: a child in a process group of its own, as a shell makes one for
 * each job. It escapes from killpg() on main's group.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		own_group();
		settle();
		hold();
	}
	finish(1);
}
