// SPDX-License-Identifier: MIT
#include "up/project/port.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "net/listener.h"
#include "proc/procfs.h"

int port_holder(int port, char *ret, size_t size)
{
	CLEANUP(list_free) struct list found = { 0 };
	CLEANUP_CLOSE int procfd = procfs_open();
	char comm[16];
	pid_t pid;

	if (procfd < 0 ||
	    listener_is_absent(procfd, getpid(), (uint16_t)port) ||
	    listener_find_tcp(procfd, getpid(), (uint16_t)port, &found) < 0 ||
	    found.count == 0)
		return 0;
	const struct listener *listener = found.items;

	if (listener_find_holder(procfd, listener->inode, &pid, comm) == 0)
		(void)snprintf(ret, size, "pid %d (%s)", pid, comm);
	else
		(void)snprintf(ret, size, "another process");
	return 1;
}
