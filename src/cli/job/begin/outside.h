/* SPDX-License-Identifier: MIT */
/*
 * Jobs that outlive their session: those named by `jig session --keep`.
 *
 * No process can leave a cage, so such a job never is inside. A *doorman*
 * starts it: a process that `jig session` forks before it makes the cage, and
 * that serves a socket in the session's directory until the session's keeper
 * ends. Each process of the session may use this socket, like any other daemon
 * of the same user: it is a service, not a protection.
 */
#ifndef JIG_CLI_JOB_BEGIN_OUTSIDE_H
#define JIG_CLI_JOB_BEGIN_OUTSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"
#include "cli/job/begin/start.h"

/** The environment variable with the number of a session. */
#define OUTSIDE_SESSION "JIG_SESSION"

/**
 * Store the names, and fork the doorman.
 *
 * @directory  the session's.
 * @names      of const char *; "%web" and "web" are the same.
 * @ret        only the keeper has it: the doorman exits when it is closed.
 * @return     0 or -errno with the reason.
 */
int outside_open(int directory, unsigned number, const struct list *names,
		 int *ret, struct fault *fault);

/**
 * Whether we are in a session that was given this name by --keep.
 * @ret_session  its number.
 */
bool outside_has_name(const char *name, unsigned *ret_session);

struct outside_job {
	const char *name;
	char **words; /* the job's */
	struct job_invocation invocation; /* of `jig start` */
};

/**
 * Let the doorman start a job; prints an error.
 * @return  0, or the exit status.
 */
int outside_start(unsigned session, const struct outside_job *job,
		  unsigned *ret_number, pid_t *ret_main);

#endif
