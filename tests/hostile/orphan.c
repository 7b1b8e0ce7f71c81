// SPDX-License-Identifier: MIT
/*
 * Edge case 4: forked twice, and the parent in the middle is already dead. It
 * escapes from a tool that finds descendants along the chain of parents.
 */
#include "hostile.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t middle = spawn();
	if (middle == 0) {
		if (spawn() != 0)
			_exit(0);
		own_group();
		settle();
		hold();
	}
	reap(middle);
	finish(1);
}
