/* SPDX-License-Identifier: MIT */
/*
 * The directory of jobs: JIG'S RUNTIME DIRECTORY/jobs/NUMBER/, with
 *
 *   record   what is to be known of the job (record.h); locked while its
 *            keeper lives, also by a kernel that ends the keeper
 *   name     a symbolic link whose target is the job's name; or missing
 *   socket   where the keeper listens
 *   outside  where a session's doorman listens (cli/job/begin/outside.h); or
 * missing keep     the names that it starts; or missing start    how it was
 * started: directory, words, environment; only while it runs, since an
 * environment may hold secrets again    the same without the environment, for a
 * restart after its end; or missing said     what `jig run` would have said on
 * stderr; grows at the end output   the last of its output, once it has ended
 *
 * Invariant: all of it is ours alone (runtime_dir.h). Who makes, names or
 * removes a job holds the lock of jobs/ while it does, so numbers and names are
 * unique; who reads needs no lock.
 */
#ifndef JIG_JOB_STORE_H
#define JIG_JOB_STORE_H

#include <sys/un.h>

#include "base/fault.h"
#include "base/list.h"
#include "job/record.h"

/** The largest number. */
#define STORE_JOBS_MAX 100000

/** @return a descriptor of jobs/, the caller's to close, or -errno. */
int store_open(struct fault *fault);

/** A job that is being made. */
struct store_new {
	unsigned number;
	int directory;
	int record_fd; /* holds the lock */
	struct job_record *record;
};

/**
 * Make a job with the smallest number that is free.
 *
 * @name    NULL: none. An ended job of that name is forgotten.
 * @number  0, or the number of an ended job that is started again.
 * @return  0; -EEXIST a job has this name; -EINVAL it is no name; or -errno.
 */
int store_create(int store, const char *name, unsigned number,
		 struct store_new *ret, struct fault *fault);

/** All jobs: of struct jig_job, in order, with marks. @return 0 or -errno. */
int store_list(int store, struct list *ret);

/** One of them, without a mark. @return 0, -ESRCH or -errno. */
int store_read(int store, unsigned number, struct jig_job *ret);

/** The same of the store that store_open() finds. */
int store_look(unsigned number, struct jig_job *ret);

/**
 * As store_list(), of the store that store_open() finds. The file `start` of
 * each job whose keeper was killed, and so could not do it, is removed, if the
 * lock of jobs/ is free: this call does not wait for it. Not in the lock.
 */
int store_look_all(struct list *ret, struct fault *fault);

/** A job's directory; the caller closes it. @return it, -ESRCH or -errno. */
int store_directory(int store, unsigned number);

/** Remove a job that has ended. @return 0, -EBUSY, -ESRCH or -errno. */
int store_forget(int store, unsigned number);

/** Remove one of ours that could not be started. */
void store_discard(int store, unsigned number);

/** @return 0; -EEXIST, -EINVAL or -ESRCH with the reason. */
int store_rename(int store, unsigned number, const char *name,
		 struct fault *fault);

/**
 * Where a job's keeper listens.
 * @socket  the name in its directory.
 * @return  0 or -ENAMETOOLONG.
 */
int store_address(int directory, unsigned number, const char *socket,
		  struct sockaddr_un *ret);

/** Listen there, for us alone. @return a non-blocking socket, or -errno. */
int store_listen(int directory, unsigned number, const char *socket);

/** Let go of a job that is being made: it is one whose keeper has gone. */
void store_release(struct store_new *job);

#endif
