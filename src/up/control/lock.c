// SPDX-License-Identifier: MIT
/*
 * A lock file beside each control socket. The kernel releases the lock when its
 * `jig up` ends, also by SIGKILL. A file without a lock is stale, whatever its
 * text says: the pid in it may have been reused.
 *
 * A lock on the directory gives each claim and each removal its turn. So a
 * locked file always belongs to a running `jig up`.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/directory.h"
#include "base/file/lock.h"
#include "base/file/runtime_dir.h"
#include "base/retry.h"
#include "base/sys.h"
#include "up/control/control.h"

#define SUFFIX ".lock"

/* A turn takes a millisecond. A process that is suspended (SIGSTOP) in its turn
 * must not block all others for ever. */
#define TURN_US 5000000

int control_turn(void)
{
	char path[PATH_MAX];

	for (int i = 0; i < LOCK_TRIES; i++) {
		CLEANUP_CLOSE int fd = runtime_dir_open(path, sizeof(path));
		int r = fd < 0 ? fd : lock_take(fd, TURN_US);

		if (r < 0)
			return r;
		/* Otherwise it was removed, and another one created. */
		if (lock_has_name(fd, AT_FDCWD, path))
			return take_fd(&fd);
	}
	return -ESTALE;
}

/* Another container may share the directory, but has other pids. */
static uint64_t pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

static void write_holder(int fd)
{
	char text[96];
	int size = snprintf(text, sizeof(text), "%d %lld %llu\n", (int)getpid(),
			    (long long)time(NULL),
			    (unsigned long long)pid_namespace());

	/* If this fails, only a message lacks it. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)size, 0);
}

static void read_holder(int fd, struct control_holder *ret)
{
	char text[96];
	int pid;
	long long since;
	unsigned long long namespace;
	ssize_t n = RETRY(pread(fd, text, sizeof(text) - 1, 0));

	*ret = (struct control_holder){ 0 };
	if (n <= 0)
		return;
	text[n] = '\0';
	if (sscanf(text, "%d %lld %llu", &pid, &since, &namespace) != 3)
		return;
	ret->since = (time_t)since;
	ret->pid = namespace == pid_namespace() ? pid : 0;
}

bool control_is_locked(const char *path, struct control_holder *ret)
{
	char name[CONTROL_PATH + sizeof(SUFFIX)];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, path);
	CLEANUP_CLOSE int fd =
		RETRY(open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));

	/* Other errors do not show that it is locked. */
	if (fd < 0 || RETRY(flock(fd, LOCK_SH | LOCK_NB)) == 0 ||
	    errno != EWOULDBLOCK)
		return false;
	read_holder(fd, ret);
	return true;
}

/* It is pinned and still has the lock, so it is that `jig up`. */
static int pin_holder(const char *path)
{
	struct control_holder first, second;
	CLEANUP_CLOSE int turn = control_turn();

	if (turn < 0 || !control_is_locked(path, &first) || first.pid <= 0)
		return -ESRCH;
	CLEANUP_CLOSE int fd = sys_pidfd_open(first.pid);

	if (fd < 0 || !control_is_locked(path, &second) ||
	    second.pid != first.pid || second.since != first.since)
		return -ESRCH;
	return take_fd(&fd);
}

void control_continue(const char *path)
{
	CLEANUP_CLOSE int fd = pin_holder(path);

	if (fd >= 0)
		(void)sys_pidfd_kill(fd, SIGCONT); /* An error: it has ended. */
}

int control_lock(const char *path)
{
	char name[CONTROL_PATH + sizeof(SUFFIX)];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, path);
	int fd = lock_open(AT_FDCWD, name, O_RDWR | O_CREAT, 0);

	if (fd == -EWOULDBLOCK)
		return -EBUSY;
	if (fd >= 0)
		write_holder(fd);
	return fd;
}

void control_unlock(const char *path, int fd)
{
	char name[CONTROL_PATH + sizeof(SUFFIX)];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, path);
	/* Remove the names while we have the lock: the next `jig up` creates
	 * new ones. If the directory was removed, they may belong to another
	 * one. */
	if (lock_has_name(fd, AT_FDCWD, name)) {
		(void)unlink(path);
		(void)unlink(name);
	}
	cleanup_close(&fd);
}

/* @name  of a lock file in the directory. */
static void clear_if_stale(int directory, const char *name)
{
	char socket[CONTROL_PATH];
	CLEANUP_CLOSE int fd = lock_open(directory, name, O_RDWR, 0);

	if (fd < 0)
		return;
	(void)snprintf(socket, sizeof(socket), "%.*s",
		       (int)(strlen(name) - strlen(SUFFIX)), name);
	(void)unlinkat(directory, socket, 0);
	(void)unlinkat(directory, name, 0);
}

void control_clear_stale(void)
{
	CLEANUP_CLOSE int directory = runtime_dir_open(NULL, 0);
	CLEANUP_DIR DIR *list =
		directory < 0 ? NULL : directory_list(directory);
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		const char *end = strstr(entry->d_name, SUFFIX);

		if (strncmp(entry->d_name, "up-", 3) == 0 && end &&
		    strcmp(end, SUFFIX) == 0)
			clear_if_stale(directory, entry->d_name);
	}
}
