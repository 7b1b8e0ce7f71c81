/* SPDX-License-Identifier: MIT */
/*
 * The directory of jobs: JIG'S RUNTIME DIRECTORY/jobs/NUMBER/, with
 *
 *   record   the job's state (record.h); the keeper holds a lock on it, which
 *            the kernel releases when the keeper ends
 *   name     a symbolic link whose target is the job's name; or missing
 *   socket   the keeper listens here
 *   outside  a session's doorman listens here (cli/job/begin/outside.h); or
 *            missing
 *   keep     the names of jobs that the doorman starts; or missing
 *   start    directory, words and environment of the start; only while the job
 *            runs, because an environment may hold secrets
 *   again    the same without the environment, for a restart after the end; or
 *            missing
 *   addresses   those of --listen and --port (job/addresses.h); or missing
 *   said     messages that `jig run` would print on stderr; grows at the end
 *   output   the last output, after the end
 *
 * Invariant: all of it belongs to our user alone (runtime_dir.h). A process
 * that creates, names or removes a job holds the lock of jobs/, so numbers and
 * names are unique; a reader needs no lock.
 */
#ifndef JIG_JOB_STORE_H
#define JIG_JOB_STORE_H

#include <sys/un.h>

#include "base/fault.h"
#include "base/list.h"
#include "job/record.h"

/** The largest number. */
#define STORE_JOBS_MAX 100000

/** @return a descriptor of jobs/, which the caller closes, or -errno. */
int store_open(struct fault *fault);

/** A job that is being created. */
struct store_new {
	unsigned number;
	int directory;
	int record_fd; /* with the lock */
	struct job_record *record;
};

/**
 * Create a job with the smallest free number.
 *
 * @name    NULL: none. An ended job of this name is forgotten.
 * @number  0, or the number of an ended job that is started again.
 * @return  0; -EEXIST a job has this name; -EINVAL an invalid name; or -errno.
 */
int store_create(int store, const char *name, unsigned number,
		 struct store_new *ret, struct fault *fault);

/** All jobs: of struct jig_job, by number, with marks. @return 0 or -errno. */
int store_list(int store, struct list *ret);

/** One job, without a mark. @return 0, -ESRCH or -errno. */
int store_read(int store, unsigned number, struct jig_job *ret);

/** The same, in the store that store_open() finds. */
int store_look(unsigned number, struct jig_job *ret);

/**
 * As store_list(), in the store that store_open() finds. Also removes the file
 * `start` of each job whose keeper was killed and so could not remove it; if
 * the lock of jobs/ is not free, the next call does it. Do not call with the
 * lock.
 */
int store_look_all(struct list *ret, struct fault *fault);

/** A job's directory; the caller closes it. @return it, -ESRCH or -errno. */
int store_directory(int store, unsigned number);

/** Remove a job that has ended. @return 0, -EBUSY, -ESRCH or -errno. */
int store_forget(int store, unsigned number);

/** Remove a job that we have created and that could not start. */
void store_discard(int store, unsigned number);

/** @return 0; -EEXIST, -EINVAL or -ESRCH with the reason. */
int store_rename(int store, unsigned number, const char *name,
		 struct fault *fault);

/**
 * The address of a socket of a job.
 * @socket  its name in the job's directory.
 * @return  0 or -ENAMETOOLONG.
 */
int store_address(int directory, unsigned number, const char *socket,
		  struct sockaddr_un *ret);

/** Listen there, for our user. @return a non-blocking socket, or -errno. */
int store_listen(int directory, unsigned number, const char *socket);

/** Close a job that is being created: it then looks like one whose keeper has
 * ended. */
void store_release(struct store_new *job);

#endif
