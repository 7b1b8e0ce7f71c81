/* SPDX-License-Identifier: MIT */
/*
 * What a session lets out: jobs whose names were given to `jig session --keep`.
 *
 * Nothing can leave a cage, so such a job never is inside: it is begun by a
 * *doorman*, a process that `jig session` forks before the cage is made, and
 * that serves a socket in the session's directory until the session's keeper
 * goes. A process of the session could ask it as well as any other daemon of
 * the same user; it is a way out, not a wall.
 */
#ifndef JIG_CLI_JOB_BEGIN_OUTSIDE_H
#define JIG_CLI_JOB_BEGIN_OUTSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"
#include "cli/job/begin/start.h"

/** What holds a session's number in its environment. */
#define OUTSIDE_SESSION "JIG_SESSION"

/**
 * Note the names, and fork the doorman.
 *
 * @directory  the session's.
 * @names      of const char *; "%web" and "web" are the same.
 * @ret        held by the keeper alone: the doorman goes when it is closed.
 * @return     0 or -errno with the reason.
 */
int outside_open(int directory, unsigned number, const struct list *names,
		 int *ret, struct fault *fault);

/**
 * Whether we are in a session that lets a job of this name out.
 * @ret_session  its number.
 */
bool outside_is_kept(const char *name, unsigned *ret_session);

struct outside_job {
	const char *name;
	char **words; /* the job's */
	struct job_kept kept; /* of `jig start` */
};

/**
 * Let the doorman begin a job; what is wrong was said.
 * @return  0, or the exit status.
 */
int outside_start(unsigned session, const struct outside_job *job,
		  unsigned *ret_number, pid_t *ret_main);

#endif
