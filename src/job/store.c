// SPDX-License-Identifier: MIT
#include "job/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/directory.h"
#include "base/file/runtime_dir.h"
#include "base/retry.h"
#include "base/text.h"
#include "job/spec.h"

#define BACKLOG 64

int store_open(struct fault *fault)
{
	char path[4096] = "";
	CLEANUP_CLOSE int runtime = runtime_dir_open(path, sizeof(path));

	if (runtime < 0)
		return fault_set(fault, runtime,
				 "cannot use the runtime directory %s: %s",
				 path, strerror(-runtime));
	if (mkdirat(runtime, "jobs", 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot create %s/jobs: %s",
				 path, strerror(errno));
	int fd = RETRY(openat(runtime, "jobs",
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	return fd < 0 ? fault_set(fault, -errno, "cannot open %s/jobs: %s",
				  path, strerror(errno))
		      : fd;
}

int store_directory(int store, unsigned number)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", number);
	int fd = RETRY(openat(store, name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

int store_address(int directory, unsigned number, const char *socket,
		  struct sockaddr_un *ret)
{
	char path[4096];
	CLEANUP_CLOSE int runtime = runtime_dir_open(path, sizeof(path));
	size_t size = sizeof(ret->sun_path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (runtime >= 0 &&
	    (size_t)snprintf(ret->sun_path, size, "%s/jobs/%u/%s", path, number,
			     socket) < size)
		return 0;
	/* Too long for an address: use /proc. */
	if ((size_t)snprintf(ret->sun_path, size, "/proc/self/fd/%d/%s",
			     directory, socket) >= size)
		return -ENAMETOOLONG;
	return 0;
}

int store_listen(int directory, unsigned number, const char *name)
{
	struct sockaddr_un address;
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno
		       : store_address(directory, number, name, &address);
	mode_t before = umask(0177);

	if (r == 0 &&
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	(void)umask(before);
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

/* -------------------------------------------------------------- one job */

static bool is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static void store_describe(const struct job_record *record, bool lives,
			   struct jig_job *ret)
{
	*ret = (struct jig_job){
		.size = sizeof(*ret),
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
	CLEANUP_CLOSE int fd = RETRY(
		openat(directory, "record", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	/* Before the read: a keeper that ends in between has noted that. */
	bool lives = is_locked(fd);
	int r = record_read(fd, &record);

	if (r == -EBADMSG && lives)
		return -EPROTO; /* of another version */
	/* The keeper was killed while it wrote: the state is lost. */
	if (r == -EAGAIN && !lives) {
		record.changes++;
		r = record_check(&record);
		record.state = JIG_JOB_STARTING;
	}
	if (r < 0)
		return r;
	store_describe(&record, lives, ret);
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

int store_look(unsigned number, struct jig_job *ret)
{
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);

	return store < 0 ? store : store_read(store, number, ret);
}

/* ------------------------------------------------------------------ all */

static int store_by_number(const void *a, const void *b)
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

	while (r == 0 && entries && (entry = readdir(entries))) {
		struct jig_job job;
		uint64_t number;

		if (text_number(entry->d_name, STORE_JOBS_MAX, &number) < 0)
			continue;
		r = store_read(store, (unsigned)number, &job);
		if (r == 0)
			r = list_append(ret, &job, sizeof(job));
		/* Else it has just been removed, or is not a job. */
		else if (!fault_is_shortage(r))
			r = 0;
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
		      store_by_number);
	spec_mark(jobs.items, jobs.count);
	*ret = jobs;
	jobs = (struct list){ 0 };
	return 0;
}
