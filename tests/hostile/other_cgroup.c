// SPDX-License-Identifier: MIT
/*
 * Edge case 11, for root: a child, in a session of its own, that moved itself
 * to another control group, HOSTILE_CGROUP. It escapes from a tool that uses
 * control groups alone.
 */
#include "hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void move_to(const char *cgroup)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		fail(path);
	close(fd);
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	const char *cgroup = getenv("HOSTILE_CGROUP");
	if (!cgroup)
		_exit(HOSTILE_SKIP);
	if (spawn() == 0) {
		own_session();
		move_to(cgroup);
		settle();
		hold();
	}
	finish(1);
}
