/* SPDX-License-Identifier: MIT */
/*
 * What `jig up -D` reports to the process that started it: the result of the
 * start.
 *
 * The process in the background has no streams. It writes one verdict into a
 * pipe, once it is known:
 *
 *   all are ready   nothing waits, starts or has failed
 *   not all         some have failed, the others continue
 *   over            it has ended before, and nothing of it is left
 *   another one     of the same file runs already
 *
 * with a line for each service that has failed, and its last lines of output.
 *
 * A service without a probe is ready when it has begun. Here it counts as ready
 * only after it has lived for a second, so that one which fails at once is not
 * called ready. One that ends and starts again is waited for, with a limit.
 *
 * Invariant: if the reader ends before the verdict (Ctrl-C, SIGKILL), all
 * stops, because it could not be reported that the project runs.
 *
 * What does not belong here: fork(2) and the streams (up/up.c).
 */
#ifndef JIG_UP_ENGINE_BACKGROUND_H
#define JIG_UP_ENGINE_BACKGROUND_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"
#include "up/loop/loop.h"

struct up;
struct instance;

struct background {
	int fd; /* the pipe; -1: the verdict was written */
	struct buffer notes; /* lines about what has failed */
	bool is_decided; /* in the last round; this one confirms it */
	struct alarm settled;
	struct watch *reader;
};

/** Watch the reader. up->background may be NULL. @return 0 or -ENOMEM. */
int background_open(struct up *up);

/** An instance has failed, or will never start. */
void background_note(const struct instance *instance);

/** After each round: write the verdict, if there is one. */
void background_look(struct up *up);

/** Remove the watch and the alarm. */
void background_close(struct up *up);

/** Write that it is over, if no verdict was written. @status  of up_run(), or
 * -errno. */
void background_over(struct background *background, int status,
		     const struct fault *fault);

/** The other side: read the verdict and print it. @return the exit status; or
 * -EEXIST, and nothing is printed: one of the same file runs already. */
int background_await(int fd, pid_t pid);

#endif
