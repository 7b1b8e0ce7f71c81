/* SPDX-License-Identifier: MIT */
/*
 * From a struct jig_command to the spawn of its guard.
 *
 * Invariant: whatever fails, every descriptor that was opened here is closed,
 * and the host's own are as they were.
 */
#ifndef JIG_CORE_FIXTURE_H
#define JIG_CORE_FIXTURE_H

#include <jig.h>

#include "base/fault.h"
#include "base/list.h"
#include "proc/spawn.h"

struct guard_spawn {
	struct spawn spawn; /* points into what follows */
	struct list argv_list, env_list, fds;
	struct list texts; /* of char *, ours */
	char **argv;
	int lifeline; /* its number in the guard: one that no jig_fd.to has */
	int pipes[3]; /* the host's ends, or -1 */
	int opened[3]; /* the command's ends and files, or -1 */
};

#define GUARD_SPAWN_NONE                                                       \
	((struct guard_spawn){ .pipes = { -1, -1, -1 },                        \
			       .opened = { -1, -1, -1 } })

/**
 * Open what the command's stdio needs and write the guard's arguments.
 *
 * @lifeline  the guard's end of the socket; stays the caller's.
 * @return    0, -EINVAL, -ENOMEM, or what open(2) and pipe(2) say.
 */
int guard_spawn_prepare(struct guard_spawn *plan,
			const struct jig_command *command, int lifeline,
			struct fault *fault);

/** Its part about descriptors, see fixture_stdio.c. */
int guard_spawn_fds(struct guard_spawn *plan, const struct jig_command *command,
		    int lifeline, struct fault *fault);

/** Close and free all of it. */
void guard_spawn_close(struct guard_spawn *plan);

#endif
