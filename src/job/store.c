// SPDX-License-Identifier: MIT
#include "job/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/fd.h"
#include "base/runtime_dir.h"
#include "base/text.h"
#include "job/spec.h"

#define JOBS_MAX 100000
#define NUMBER_SIZE 16

static const char *name_of(unsigned number, char *buffer)
{
	(void)snprintf(buffer, NUMBER_SIZE, "%u", number);
	return buffer;
}

int store_open(struct fault *fault)
{
	char path[4096] = "";
	CLEANUP_CLOSE int runtime = runtime_dir_open(path, sizeof(path));

	if (runtime < 0)
		return fault_set(fault, runtime,
				 "cannot use the runtime directory %s: %s",
				 path, strerror(-runtime));
	if (mkdirat(runtime, "jobs", 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot make %s/jobs: %s", path,
				 strerror(errno));
	int fd = openat(runtime, "jobs",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fault_set(fault, -errno, "cannot open %s/jobs: %s",
				  path, strerror(errno))
		      : fd;
}

int store_directory(int store, unsigned number)
{
	char name[NUMBER_SIZE];
	int fd = openat(store, name_of(number, name),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

int store_address(int directory, unsigned number, struct sockaddr_un *ret)
{
	char path[4096];
	CLEANUP_CLOSE int runtime = runtime_dir_open(path, sizeof(path));
	size_t size = sizeof(ret->sun_path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (runtime >= 0 &&
	    (size_t)snprintf(ret->sun_path, size, "%s/jobs/%u/socket", path,
			     number) < size)
		return 0;
	/* Too long for an address: by a way round. */
	if ((size_t)snprintf(ret->sun_path, size, "/proc/self/fd/%d/socket",
			     directory) >= size)
		return -ENAMETOOLONG;
	return 0;
}

/* -------------------------------------------------------------- one job */

static bool is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static void describe(const struct job_record *record, bool lives,
		     struct jig_job *ret)
{
	*ret = (struct jig_job){
		.number = record->number,
		.state = (enum jig_job_state)record->state,
		.mark = ' ',
		.is_session = record->is_session,
		.pid = record->main,
		.sid = record->session,
		.keeper = record->keeper,
		.stop_signal = record->stop_signal,
		.status = record->wait_status,
		.code = record->code,
		.clients = record->clients,
		.started_us = record->started_us,
		.ended_us = record->ended_us,
		.recent_us = record->rank_us,
	};
	text_copy(ret->terminal, sizeof(ret->terminal), record->terminal);
	text_copy(ret->directory, sizeof(ret->directory), record->directory);
	text_copy(ret->command, sizeof(ret->command), record->command);
	if (lives || record->state == JIG_JOB_ENDED)
		return;
	ret->state = JIG_JOB_LOST;
	ret->code = 125;
	ret->clients = 0;
}

static int read_job(int directory, struct jig_job *ret)
{
	struct job_record record;
	CLEANUP_CLOSE int fd =
		openat(directory, "record", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	/* Before the reading: who ends in between says so in the record. */
	bool lives = is_locked(fd);
	int r = record_read(fd, &record);

	/* Killed while it wrote: what stands there is as good as lost. */
	if (r == -EAGAIN && !lives) {
		record.changes++;
		r = record_check(&record);
		record.state = JIG_JOB_STARTING;
	}
	if (r < 0)
		return r;
	describe(&record, lives, ret);
	ssize_t n =
		readlinkat(directory, "name", ret->name, sizeof(ret->name) - 1);

	ret->name[n > 0 ? n : 0] = '\0';
	return 0;
}

int store_read(int store, unsigned number, struct jig_job *ret)
{
	CLEANUP_CLOSE int directory = store_directory(store, number);

	return directory < 0 ? directory : read_job(directory, ret);
}

/* ------------------------------------------------------------------ all */

static int by_number(const void *a, const void *b)
{
	const struct jig_job *first = a, *second = b;

	return first->number < second->number ? -1
					      : first->number > second->number;
}

static int list_jobs(int store, struct list *ret)
{
	CLEANUP_DIR DIR *entries = directory_list(store);
	const struct dirent *entry;
	int r = entries ? 0 : -errno;

	while (r == 0 && (entry = readdir(entries))) {
		struct jig_job job;
		uint64_t number;

		if (text_number(entry->d_name, JOBS_MAX, &number) < 0 ||
		    store_read(store, (unsigned)number, &job) < 0)
			continue;
		r = list_append(ret, &job, sizeof(job));
	}
	return r;
}

int store_list(int store, struct list *ret)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	int r = list_jobs(store, &jobs);

	if (r < 0)
		return r;
	if (jobs.count > 0)
		qsort(jobs.items, jobs.count, sizeof(struct jig_job),
		      by_number);
	spec_mark(jobs.items, jobs.count);
	*ret = jobs;
	jobs = (struct list){ 0 };
	return 0;
}

/* ------------------------------------------------ making, naming, removing */

/* Waits for another jig that makes or removes one: some system calls. */
static int lock_store(int store)
{
	CLEANUP_CLOSE int fd =
		openat(store, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		       0600);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return take_fd(&fd);
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
	/* What cannot be removed is met, and removed, by the next one. */
	(void)unlinkat(store, name_of(number, name), AT_REMOVEDIR);
}

/* In the lock. */
static int forget(int store, unsigned number)
{
	struct jig_job job;
	int r = store_read(store, number, &job);

	if (r == 0 && job.state != JIG_JOB_ENDED && job.state != JIG_JOB_LOST)
		return -EBUSY;
	if (r < 0 && r != -ESRCH && r != -EBADMSG)
		return r;
	remove_all(store, number);
	return r == -ESRCH ? r : 0;
}

int store_forget(int store, unsigned number)
{
	CLEANUP_CLOSE int lock = lock_store(store);

	return lock < 0 ? lock : forget(store, number);
}

void store_discard(int store, unsigned number)
{
	CLEANUP_CLOSE int lock = lock_store(store);

	if (lock >= 0) /* or it waits for the next look at the jobs */
		remove_all(store, number);
}

/* In the lock: nobody who lives may have the name; who has ended gives it up.
 */
static int claim_name(int store, const char *name, unsigned mine,
		      struct fault *fault)
{
	CLEANUP(list_free) struct list jobs = { 0 };
	int r = list_jobs(store, &jobs);

	for (size_t i = 0; r == 0 && i < jobs.count; i++) {
		const struct jig_job *job = list_at(&jobs, i, sizeof(*job));

		if (job->number == mine || strcmp(job->name, name) != 0)
			continue;
		if (forget(store, job->number) == -EBUSY)
			return fault_set(fault, -EEXIST,
					 "job %u has the name %s already",
					 job->number, name);
	}
	return r < 0 ? fault_set(fault, r, "cannot list jobs: %s", strerror(-r))
		     : 0;
}

static int set_name(int directory, const char *name)
{
	(void)unlinkat(directory, "new", 0); /* Of one that was killed. */
	if (symlinkat(name, directory, "new") < 0 ||
	    renameat(directory, "new", directory, "name") < 0)
		return -errno;
	return 0;
}

/* In the lock, so what has no record is of one that was killed. */
static int take_number(int store, unsigned *ret)
{
	for (unsigned number = 1; number <= JOBS_MAX; number++) {
		char name[NUMBER_SIZE];
		struct jig_job job;

		if (mkdirat(store, name_of(number, name), 0700) == 0) {
			*ret = number;
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
		int r = store_read(store, number, &job);

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

static int make_record(struct store_new *new)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	new->record_fd = openat(new->directory, "record",
				O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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
	char text[NUMBER_SIZE];
	int r = name ? claim_name(store, name, new->number, fault) : 0;

	if (r < 0)
		return r;
	if (new->number == 0) {
		r = take_number(store, &new->number);
	} else {
		r = forget(store, new->number);
		if (r == 0 &&
		    mkdirat(store, name_of(new->number, text), 0700) < 0)
			r = -errno;
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
	return fault_set(fault, r, "cannot make a job's directory: %s",
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
		return fault_set(fault, -EINVAL,
				 "'%s' is no name for a job: letters, digits "
				 "and _ . -, not digits alone",
				 name);
	int r = create(store, name, &new, fault);

	if (r == 0) {
		*ret = new;
		return 0;
	}
	cleanup_close(&new.directory);
	cleanup_close(&new.record_fd);
	return r;
}

int store_rename(int store, unsigned number, const char *name,
		 struct fault *fault)
{
	CLEANUP_CLOSE int lock = lock_store(store);
	CLEANUP_CLOSE int directory = store_directory(store, number);
	int r = lock < 0 ? lock : directory < 0 ? directory : 0;

	if (r == 0 && !spec_is_name(name))
		return fault_set(fault, -EINVAL, "'%s' is no name for a job",
				 name);
	if (r == 0) {
		r = claim_name(store, name, number, fault);
		if (r < 0)
			return r;
		r = set_name(directory, name);
	}
	return r < 0 ? fault_set(fault, r, "cannot rename it: %s", strerror(-r))
		     : 0;
}
