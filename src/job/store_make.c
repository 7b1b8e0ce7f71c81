// SPDX-License-Identifier: MIT
/*
 * Create, name and remove jobs: each with the lock of jobs/, so that numbers
 * and names are unique.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/directory.h"
#include "base/file/lock.h"
#include "base/retry.h"
#include "job/spec.h"
#include "job/store.h"

#define NUMBER_SIZE 16

static const char *store_make_name_of(unsigned number, char *buffer)
{
	(void)snprintf(buffer, NUMBER_SIZE, "%u", number);
	return buffer;
}

/* Another jig holds the lock for some system calls. It may be suspended in
 * them: so the wait has a limit. */
#define LOCK_US 10000000LL

/* @limit_us  as in lock_take(). */
static int lock_for(int store, int64_t limit_us)
{
	return lock_open(store, "lock", O_RDWR | O_CREAT, limit_us);
}

static int lock_store(int store)
{
	return lock_for(store, LOCK_US);
}

static void remove_all(int store, unsigned number)
{
	char name[NUMBER_SIZE];
	CLEANUP_CLOSE int directory = store_directory(store, number);
	CLEANUP_DIR DIR *entries =
		directory < 0 ? NULL : directory_list(directory);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(directory, entry->d_name, 0);
	/* If this fails, the next jig that needs the number removes it. */
	(void)unlinkat(store, store_make_name_of(number, name), AT_REMOVEDIR);
}

/* With the lock. */
static int store_make_forget(int store, unsigned number)
{
	struct jig_job job = { 0 };
	int r = store_read(store, number, &job);

	if (r == 0 && !spec_has_ended(&job))
		return -EBUSY;
	if (r < 0 && r != -ESRCH && r != -EBADMSG)
		return r;
	remove_all(store, number);
	return r == -ESRCH ? r : 0;
}

int store_forget(int store, unsigned number)
{
	CLEANUP_CLOSE int lock = lock_store(store);

	return lock < 0 ? lock : store_make_forget(store, number);
}

void store_discard(int store, unsigned number)
{
	CLEANUP_CLOSE int lock = lock_store(store);

	if (lock >= 0) /* else the next jig removes it */
		remove_all(store, number);
}

/* ------------------------------------------------- files of killed keepers */

static bool has_start(int store, unsigned number)
{
	char path[NUMBER_SIZE + sizeof("/start")];

	(void)snprintf(path, sizeof(path), "%u/start", number);
	return faccessat(store, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* With the lock. A start that waits for a session's doorman holds a lock on the
 * file (cli/job/begin/outside.c). */
static void clear_start(int store, unsigned number)
{
	struct jig_job job;
	CLEANUP_CLOSE int directory = store_directory(store, number);

	if (directory < 0 || store_read(store, number, &job) < 0 ||
	    !spec_has_ended(&job))
		return;
	CLEANUP_CLOSE int fd = lock_open(directory, "start", O_RDWR, 0);

	if (fd >= 0) /* else the next listing removes it */
		(void)unlinkat(directory, "start", 0);
}

/* For each job whose keeper was killed and so could not do it. Does not wait
 * for the lock: if another jig has it, the next listing does it. */
static void clear_starts(int store, const struct list *jobs)
{
	CLEANUP_CLOSE int lock = -1;

	for (size_t i = 0; i < jobs->count; i++) {
		const struct jig_job *job = list_at(jobs, i, sizeof(*job));

		if (!spec_has_ended(job) || !has_start(store, job->number))
			continue;
		if (lock < 0)
			lock = lock_for(store, 0);
		if (lock < 0)
			return;
		clear_start(store, job->number);
	}
}

int store_look_all(struct list *ret, struct fault *fault)
{
	CLEANUP_CLOSE int store = store_open(fault);

	if (store < 0)
		return store;
	int r = store_list(store, ret);

	if (r < 0)
		return fault_set(fault, r, "cannot list jobs: %s",
				 strerror(-r));
	clear_starts(store, ret);
	return 0;
}

/* --------------------------------------------------------------- making */

/* With the lock: no living job may have the name; an ended one is forgotten. */
static int claim_name(int store, const char *name, unsigned mine,
		      struct fault *fault)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	int r = store_list(store, &jobs);

	for (size_t i = 0; r == 0 && i < jobs.count; i++) {
		const struct jig_job *job = list_at(&jobs, i, sizeof(*job));

		if (job->number == mine || strcmp(job->name, name) != 0)
			continue;
		if (store_make_forget(store, job->number) == -EBUSY)
			return fault_set(fault, -EEXIST,
					 "job %u has the name %s already",
					 job->number, name);
	}
	return r < 0 ? fault_set(fault, r, "cannot list jobs: %s", strerror(-r))
		     : 0;
}

static int set_name(int directory, const char *name)
{
	(void)unlinkat(directory, "new", 0); /* from a jig that was killed */
	if (symlinkat(name, directory, "new") < 0 ||
	    renameat(directory, "new", directory, "name") < 0)
		return -errno;
	return 0;
}

/* With the lock, so a job without a record is from a jig that was killed. */
static int store_make_take_number(int store, unsigned *ret)
{
	for (unsigned number = 1; number <= STORE_JOBS_MAX; number++) {
		char name[NUMBER_SIZE];
		struct jig_job job;

		if (mkdirat(store, store_make_name_of(number, name), 0700) ==
		    0) {
			*ret = number;
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
		int r = store_read(store, number, &job);

		if (r == 0 && spec_has_ended(&job) && has_start(store, number))
			clear_start(store, number);
		if (r == -ESRCH || r == -EBADMSG) {
			remove_all(store, number);
			if (mkdirat(store, name, 0700) == 0) {
				*ret = number;
				return 0;
			}
		}
	}
	return -EMFILE;
}

/* With the lock: the number of a job that has ended. */
static int take_over(int store, unsigned number)
{
	char name[NUMBER_SIZE];
	int r = store_make_forget(store, number);

	if (r < 0 && r != -ESRCH) /* -ESRCH: forgotten after a wait. */
		return r;
	return mkdirat(store, store_make_name_of(number, name), 0700) < 0
		       ? -errno
		       : 0;
}

static int make_record(struct store_new *new)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	new->record_fd =
		RETRY(openat(new->directory, "record",
			     O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (new->record_fd < 0 || fcntl(new->record_fd, F_OFD_SETLK, &lock) < 0)
		return -errno;
	int r = record_create(new->record_fd, &new->record);

	if (r == 0)
		new->record->number = new->number;
	return r;
}

static int create(int store, const char *name, struct store_new *new,
		  struct fault *fault)
{
	int r = name ? claim_name(store, name, new->number, fault) : 0;

	if (r < 0)
		return r;
	if (new->number == 0) {
		r = store_make_take_number(store, &new->number);
	} else {
		r = take_over(store, new->number);
		if (r == -EBUSY)
			return fault_set(fault, r,
					 "job %u was started again already",
					 new->number);
	}
	if (r == 0) {
		new->directory = store_directory(store, new->number);
		r = new->directory < 0 ? new->directory : make_record(new);
	}
	if (r == 0 && name)
		r = set_name(new->directory, name);
	if (r == 0)
		return 0;
	if (new->directory >= 0)
		remove_all(store, new->number);
	return fault_set(fault, r, "cannot create the job's directory: %s",
			 strerror(-r));
}

int store_create(int store, const char *name, unsigned number,
		 struct store_new *ret, struct fault *fault)
{
	CLEANUP_CLOSE int lock = lock_store(store);
	struct store_new new = { .number = number,
				 .directory = -1,
				 .record_fd = -1 };

	if (lock < 0)
		return fault_set(fault, lock, "cannot lock the jobs: %s",
				 strerror(-lock));
	if (name && !spec_is_name(name))
		return fault_set(
			fault, -EINVAL,
			"'%s' is not a name for a job: letters, digits "
			"and _ . -, not digits alone",
			name);
	int r = create(store, name, &new, fault);

	if (r == 0) {
		*ret = new;
		return 0;
	}
	store_release(&new);
	return r;
}

void store_release(struct store_new *job)
{
	if (job->record)
		(void)munmap(job->record, sizeof(*job->record));
	job->record = NULL;
	cleanup_close(&job->record_fd); /* and the lock */
	cleanup_close(&job->directory);
}

int store_rename(int store, unsigned number, const char *name,
		 struct fault *fault)
{
	CLEANUP_CLOSE int lock = lock_store(store);
	CLEANUP_CLOSE int directory = store_directory(store, number);
	int r = lock < 0 ? lock : directory < 0 ? directory : 0;

	if (r == 0 && !spec_is_name(name))
		return fault_set(fault, -EINVAL, "'%s' is not a name for a job",
				 name);
	if (r == 0) {
		r = claim_name(store, name, number, fault);
		if (r < 0)
			return r;
		r = set_name(directory, name);
	}
	return r < 0 ? fault_set(fault, r, "cannot rename job %u: %s", number,
				 strerror(-r))
		     : 0;
}
