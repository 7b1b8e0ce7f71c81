/* SPDX-License-Identifier: MIT */
/*
 * The child's side of a spawn, from clone to execve.
 *
 * Invariant: it shares our memory and our thread's errno, and may run in
 * parallel. So it makes SYS_CALL()s only, and writes only to its struct, its
 * stack, and the places that struct spawn names (pid_slot, pid_text). Not here:
 * waiting for it, see spawn.c.
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
