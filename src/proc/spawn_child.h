/* SPDX-License-Identifier: MIT */
/*
 * The child's side of a spawn, from clone to execve.
 *
 * Invariant: it has our memory and may run beside us, with our thread's errno:
 * all that it does is SYS_CALL()s, and it writes to its struct and its stack
 * only. What may be started, and who waits, is for spawn.c.
 */
#ifndef JIG_PROC_SPAWN_CHILD_H
#define JIG_PROC_SPAWN_CHILD_H

#include "proc/spawn.h"

struct spawn_child {
	const struct spawn *spawn;
	const char *search; /* PATH, or NULL: argv[0] is a path already */
	bool join; /* write ourselves into the cgroup */
	int report; /* closed when it is over: by execve, or our exit; or -1 */
	enum spawn_stage stage;
	int error; /* 0 or -errno */
};

/** For sys_clone_call(): returns only by execve or exit. */
int spawn_child_main(void *child);

#endif
