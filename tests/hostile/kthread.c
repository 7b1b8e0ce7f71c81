// SPDX-License-Identifier: MIT
/*
 * Edge case 10: a daemon that looks like a kernel thread, [kworker/0:1] in ps,
 * holds no descriptor and ignores every signal. It escapes from a tool that
 * spares processes without a command line.
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
		wipe_names(argv, "kworker/0:1");
		ignore_every_signal();
		if (chdir("/") != 0)
			fail("chdir");
		close_every_fd();
		settle();
		hold();
	}
	reap(middle);
	finish(1);
}
