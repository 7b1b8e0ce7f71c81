// SPDX-License-Identifier: MIT
/*
 * Who lives: a lock file beside each control socket, which the kernel unlocks
 * when its `jig up` ends, of SIGKILL too. What nobody holds is stale.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/runtime_dir.h"
#include "up/control.h"

#define SUFFIX ".lock"

/* Whether the file that we hold is the one that has the name still: somebody
 * who took it for stale may have removed it between our open and our flock. */
static bool is_named(int fd, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(name, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int control_lock(const char *path)
{
	char name[CONTROL_PATH + sizeof(SUFFIX)];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, path);
	for (;;) {
		CLEANUP_CLOSE int fd =
			open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			     0600);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return -EBUSY;
		if (is_named(fd, name))
			return take_fd(&fd);
	}
}

void control_unlock(const char *path, int fd)
{
	char name[CONTROL_PATH + sizeof(SUFFIX)];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, path);
	/* The names go while we hold the lock: whoever comes makes new ones. */
	(void)unlink(path);
	(void)unlink(name);
	cleanup_close(&fd);
}

/* @name  of a lock file in the directory. */
static void clear_if_stale(int directory, const char *name)
{
	char socket[CONTROL_PATH];
	CLEANUP_CLOSE int fd =
		openat(directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
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
