// SPDX-License-Identifier: MIT
/*
 * Edge case 8: a process in a session of its own whose thread-group leader has
 * exited while a thread lives on. It escapes from a tool that reads /proc/PID:
 * the state there is Z, and exe is gone.
 */
#include "hostile.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The state in /proc/self/stat is that of the leader. */
static bool leader_is_gone(void)
{
	char line[512] = "";
	FILE *stat = fopen("/proc/self/stat", "re");

	if (!stat)
		fail("/proc/self/stat");
	size_t len = fread(line, 1, sizeof(line) - 1, stat);
	fclose(stat);
	line[len] = '\0';

	const char *name_end = strrchr(line, ')');
	return name_end && strncmp(name_end, ") Z", 3) == 0;
}

static void *live_on(void *unused)
{
	(void)unused;
	while (!leader_is_gone())
		sched_yield();
	settle();
	hold();
}

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		pthread_t thread;

		own_session();
		if (pthread_create(&thread, NULL, live_on, NULL) != 0)
			fail("pthread_create");
		syscall(SYS_exit, 0); /* this thread alone */
	}
	finish(1);
}
