/* SPDX-License-Identifier: MIT */
/*
 * What `jig up -D` tells whoever started it: how the start has gone.
 *
 * The one in the background has no streams of its own. It writes one verdict
 * into a pipe, once it is known:
 *
 *   all are ready   nothing waits, starts or has failed
 *   not all         some have failed, the others go on
 *   over            it has ended before, and nothing of it is left
 *
 * with a line for each service that has failed, and its last words.
 *
 * A service without a probe is ready when it has begun. It is believed here
 * after it has lived for a second, or one that fails at once would be called
 * ready. One that ends and starts again is waited for, but not for ever.
 *
 * Invariant: when the reader goes before the verdict (Ctrl-C, SIGKILL), all
 * stops: nobody was told that it runs.
 */
#ifndef JIG_UP_BACKGROUND_H
#define JIG_UP_BACKGROUND_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"
#include "up/loop.h"

struct up;
struct instance;

struct background {
	int fd; /* the pipe; -1: the verdict was told */
	struct buffer notes; /* lines about what has failed */
	bool looked; /* decided in the last round: look once more */
	struct alarm settled;
	struct watch *reader;
};

/** Watch the reader. @return 0 or -ENOMEM. NULL for up->background is fine. */
int background_open(struct up *up);

/** An instance has failed, or never will start. */
void background_note(const struct instance *instance);

/** After each round: tell the verdict, if there is one. */
void background_look(struct up *up);

/** The loop ends. */
void background_close(struct up *up);

/** It is over, if no verdict was told. @status  of up_run(), or -errno. */
void background_over(struct background *background, int status,
		     const struct fault *fault);

/** The other side: say what it tells. @return the exit status. */
int background_await(int fd, pid_t pid);

#endif
