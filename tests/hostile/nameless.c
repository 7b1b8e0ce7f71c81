// SPDX-License-Identifier: MIT
/*
 * Edge case 10: a daemon with its environment, arguments and name wiped. It
 * escapes from a tool that marks descendants with an environment variable, or
 * finds them by name.
 */
#include "hostile.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	begin(argc, argv);

	pid_t middle = spawn();
	if (middle == 0) {
		own_session();
		if (spawn() != 0)
			_exit(0);
		wipe_names(argv, "");
		settle();
		hold();
	}
	reap(middle);
	finish(1);
}
