// SPDX-License-Identifier: MIT
#include "proc/dropping.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "proc/aside.h"
#include "proc/mount_type.h"

/* Without /proc, numbers above are closed without a look. */
#define NUMBERS 256
/* Most processes have no higher ones: the size of their table. */
#define FEW 64
/* Files that may hang; more are closed without a look. */
#define SLOW_MAX 16
/* A child frees a number at once; a healthy server answers in this time. */
#define FREE_US 1000000LL
#define ANSWER_US 20000LL
/* Interval between checks. */
#define PAUSE_US 50

struct slow {
	int fds[SLOW_MAX];
	size_t count;
};

static bool dropping_is_excepted(int fd, const int *except, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (except[i] == fd)
			return true;
	return false;
}

static bool dropping_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* A file system without a block device: a server may stand behind it. */
static bool looks_hanging(const struct sys_look *look, int fd, char **mounts)
{
	return S_ISREG(look->mode) && look->device_major == 0 &&
	       !mount_is_local(fd, mounts);
}

static bool dropping_may_hang(int fd, char **mounts)
{
	struct sys_look look;

	return sys_look(fd, &look) == 0 && looks_hanging(&look, fd, mounts);
}

/* Whether all numbers that are open may be below FEW. select(2) ignores a
 * number behind the end of the kernel's table (BUGS there), and for one within
 * the table that is not open it fails before it polls any file. */
static bool dropping_are_few(void)
{
	struct timeval at_once = { 0 };
	fd_set fds;

	if (dropping_is_open(FEW))
		return false;
	FD_ZERO(&fds);
	FD_SET(FEW, &fds);
	return select(FEW + 1, &fds, NULL, NULL, &at_once) == 0;
}

struct dropping_search {
	int last_null;
	const int *except;
	size_t count;
	char *mounts;
	struct slow *slow;
};

static void note_slow(int fd, void *context)
{
	struct dropping_search *search = context;
	struct slow *slow = search->slow;

	if (slow->count < SLOW_MAX &&
	    (fd <= search->last_null ||
	     !dropping_is_excepted(fd, search->except, search->count)) &&
	    dropping_may_hang(fd, &search->mounts))
		slow->fds[slow->count++] = fd;
}

/* Not with poll(2): it asks the file system's server. */
static void find_slow(int last_null, const int *except, size_t count,
		      struct slow *ret)
{
	struct dropping_search search = { last_null, except, count, NULL, ret };
	bool few = dropping_are_few();

	ret->count = 0;
	if (few || fd_list(note_slow, &search) < 0) {
		ret->count = 0;
		for (int fd = 0; fd < (few ? FEW : NUMBERS); fd++)
			if (dropping_is_open(fd))
				note_slow(fd, &search);
	}
	free(search.mounts);
}

/* Different numbers above standard error. */
static size_t count_own(int *own, size_t count)
{
	size_t different = 0;
	int last = STDERR_FILENO;

	fd_sort(own, count);
	for (size_t i = 0; i < count; i++) {
		different += own[i] > last;
		last = own[i] > last ? own[i] : last;
	}
	return different;
}

bool dropping_only_standard(int procfd, int *own, size_t count)
{
	CLEANUP_FREE char *mounts = NULL;
	size_t known = STDERR_FILENO + 1 + count_own(own, count);
	struct stat table;

	if (procfd < 0 || fstatat(procfd, "self/fd", &table, 0) < 0 ||
	    table.st_size != (off_t)known)
		return false;
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		struct sys_look look;

		/* One of them is closed: then another one is open. */
		if (sys_look(fd, &look) < 0 ||
		    looks_hanging(&look, fd, &mounts))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------- the children */

static void begin_child(void)
{
	(void)sys_signal_mask(SYS_ALL_SIGNALS);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* A valid signal. */
	(void)prctl(PR_SET_NAME, "jig-aside"); /* For ps(1). */
}

static pid_t close_elsewhere(int fd)
{
	pid_t pid = sys_fork_quietly(CLONE_FILES);

	if (pid != 0)
		return pid;
	begin_child();
	(void)close(fd); /* Here it may wait. */
	_exit(0);
}

/* Close all in the table that we have left: none of it can block. */
static pid_t empty_the_old_table(_Atomic int *left)
{
	pid_t parent = getpid(), pid = sys_fork_quietly(CLONE_FILES);

	if (pid != 0)
		return pid;
	begin_child();
	while (!atomic_load(left) && getppid() == parent)
		clock_sleep_us(PAUSE_US);
	fd_close_from(0, NULL, 0);
	_exit(0);
}

/* ----------------------------------------------------------------- our side */

static bool is_free_by(int fd, int64_t until)
{
	while (dropping_is_open(fd)) {
		if (clock_us() >= until)
			return false;
		clock_sleep_us(PAUSE_US);
	}
	return true;
}

/* A table of our own, without what hangs in the old one. */
static void leave_the_table(void)
{
	_Atomic int *left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct aside emptier = ASIDE_NONE;

	if (left == MAP_FAILED)
		return;
	emptier.pid = empty_the_old_table(left);
	if (emptier.pid > 0 && unshare(CLONE_FILES) == 0) {
		atomic_store(left, 1);
		(void)aside_wait(&emptier, clock_in_us(FREE_US));
	}
	if (emptier.pid > 0) /* Else we would still share it. */
		(void)aside_close(&emptier);
	(void)munmap((void *)left, sizeof(*left));
}

static void drop_slow(const struct slow *slow)
{
	struct aside closers[SLOW_MAX];
	int64_t until = clock_in_us(FREE_US);

	for (size_t i = 0; i < slow->count; i++) {
		closers[i] = ASIDE_NONE;
		closers[i].pid = close_elsewhere(slow->fds[i]);
		if (closers[i].pid > 0)
			(void)is_free_by(slow->fds[i], until);
	}
	leave_the_table();
	/* One that hangs ends when its call returns. We do not wait for it. */
	until = clock_in_us(ANSWER_US);
	for (size_t i = 0; i < slow->count; i++)
		if (closers[i].pid > 0)
			(void)aside_wait(&closers[i], until);
}

void drop_inherited_files(int last_null, int *except, size_t count)
{
	struct slow slow;

	find_slow(last_null, except, count, &slow);
	if (slow.count > 0)
		drop_slow(&slow);
	if (last_null >= 0)
		fd_nullify(STDIN_FILENO, last_null);
	fd_close_except(last_null < 0 ? 0 : STDERR_FILENO + 1, except, count);
}

void drop_file(int fd)
{
	const struct slow slow = { .fds = { fd }, .count = 1 };
	CLEANUP_FREE char *mounts = NULL;

	if (!dropping_may_hang(fd, &mounts))
		return;
	drop_slow(&slow);
	fd_nullify(fd, fd);
}
